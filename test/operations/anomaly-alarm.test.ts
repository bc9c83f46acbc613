import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../engine/domain/alert-message.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { type Hook, startHook } from '../fixtures/hook.ts';
import { backUp } from '../fixtures/set.ts';

describe('a database that lost its rows between two backups', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let hook: Hook;

  beforeAll(async () => {
    hook = await startHook();
    database = await makeDatabase({
      sql: 'CREATE TABLE visits AS SELECT n, md5(n::text) AS note FROM generate_series(1, 4000) n',
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    await writeConfig(workspace, {
      databases: { clinic: { fromEnvironment: true, expectEmpty: false } },
      plans: { nightly: {} },
      alerts: { stateFolder: './state', webhook: { url: hook.url } },
    });
  });
  afterAll(async () => {
    await hook.stop();
    await workspace.remove();
    await database.drop();
  });

  it('rings, is passed over by latest with a note, and is explained by check', async () => {
    const whole = await backUp(workspace);
    expect(await workspace.run(['verify', whole])).toMatchObject({ status: 0 });
    await database.query('TRUNCATE visits');
    const emptied = await backUp(workspace);

    const failure = expectFailure(
      await workspace.run(['verify', 'clinic/nightly/latest', '--json']),
      {
        code: 'ANOMALY_FOUND',
        status: 1,
      },
    );
    expect(failure.message).toContain('the set has 0 rows; the earlier set has 4,000 rows');
    expect(failure.hint).toContain(`holdfast accept ${emptied}`);
    const heard = hook.requests.map(({ body }) => JSON.parse(body) as AlertMessage);
    expect(heard.flatMap(({ alerts }) => alerts.map(({ title }) => title))).toEqual([
      'clinic/nightly: verify failed (ANOMALY_FOUND)',
    ]);

    const latest = await workspace.run(['show', 'latest']);
    expect(latest.stdout).toContain(whole);
    expect(latest.stderr).toContain(`passed over the newer set ${emptied}, SUSPECT`);

    const check = await workspace.run(['check', '--json']);
    expect(check.status).toBe(2);
    expect(check.stdout).toMatch(/is SUSPECT: the set has 0 rows/);

    const accepted = await workspace.run(['accept', emptied]);
    expect(accepted.stdout).toContain('New normal from this set on: rows of all tables');
    const again = await workspace.run(['verify', emptied]);
    expect(again).toMatchObject({ status: 0 });
    const held = await workspace.run(['hold', emptied]);
    expect(held.stdout).toContain('The set was accepted before; the hold takes that back');
  });
});
