import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clinicRows } from '../../demo/clinic-rows.ts';
import { clinicSchema } from '../../demo/clinic-schema.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

describe('the main job on a clinic database', () => {
  let clinic: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    clinic = await makeDatabase({ sql: `${clinicSchema};${clinicRows({ vitals: 2_000 })}` });
    workspace = await makeWorkspace({ databaseUrl: clinic.url });
  });

  afterAll(async () => {
    await workspace.remove();
    await clinic.drop();
  });

  it('backs up, verifies and proves the database by restoring it', async () => {
    const backup = await workspace.run(['backup', '--json']);
    expect(backup).toMatchObject({ status: 0 });
    const { id, rows } = backup.json<{ id: string; rows: number }>();
    const [{ count }] = (await clinic.query<{ count: string }>(
      'SELECT count(*) FROM vitals_samples',
    )) as [{ count: string }];
    expect(rows).toBeGreaterThan(Number(count));

    expect((await workspace.run(['verify', 'latest', '--json'])).json()).toMatchObject({
      set: id,
      copies: [{ state: 'CHECKED' }],
    });
    expect((await workspace.run(['drill', '--json'])).json()).toMatchObject({
      result: 'PASS',
      backup: { id },
    });
    expect((await workspace.run(['list', '--json'])).json()).toMatchObject({
      repositories: [{ sets: [{ id, state: 'PROVEN', rows }] }],
    });
  });
});
