import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { countManifests } from '../fixtures/set.ts';

const SHIFTED = {
  NODE_OPTIONS: `--import=${join(import.meta.dirname, '../fixtures/clock-20-minutes-ahead.js')}`,
};

describe('a clock that is 20 minutes off', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t (i int)' });
    workspace = await makeWorkspace({ databaseUrl: database.url });
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('stops a backup, whose times would be wrong', async () => {
    const { message, hint } = expectFailure(await workspace.run(['backup', '--json'], SHIFTED), {
      code: 'CLOCK_OFF',
    });
    expect(message).toMatch(
      /^the clock of the database server is 1(199|200|201) s behind this machine's$/,
    );
    expect(hint).toContain('timedatectl');
    expect(await countManifests(workspace)).toBe(0);
  });

  it('is found by doctor, on the server and on the repository', async () => {
    const doctor = await workspace.run(['doctor', '--json'], SHIFTED);
    expect(doctor.status).toBe(1);
    const { findings } = doctor.json<{ findings: { name: string; status: string }[] }>();
    expect(findings).toContainEqual(expect.objectContaining({ name: 'clock', status: 'failed' }));
    expect(findings).toContainEqual(
      expect.objectContaining({ name: 'can be written', status: 'failed' }),
    );
  });
});
