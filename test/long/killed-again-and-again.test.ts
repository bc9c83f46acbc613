import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clinicRows } from '../../demo/clinic-rows.ts';
import { clinicSchema } from '../../demo/clinic-schema.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { listSets } from '../fixtures/set.ts';

const KILLS = 25;
/** Longer than a whole run, so that some moments fall behind its end. */
const LATEST_MS = 1_600;

describe('a backup that is killed again and again', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({ sql: `${clinicSchema};${clinicRows({ vitals: 60_000 })}` });
    workspace = await makeWorkspace({ databaseUrl: database.url });
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('leaves no set that does not verify, and a next run that is proven', async () => {
    for (let kill = 0; kill < KILLS; kill += 1) {
      const { child, finished } = workspace.start(['backup', '--json']);
      await sleep((LATEST_MS * kill) / KILLS);
      child.kill('SIGKILL');
      await finished;
      await noSessionIsLeft();
    }
    expect(await workspace.run(['backup', '--json'])).toMatchObject({ status: 0 });
    const sets = await listSets(workspace);
    for (const { id } of sets)
      expect(await workspace.run(['verify', id, '--json'])).toMatchObject({ status: 0 });
    expect((await workspace.run(['drill', '--json'])).json()).toMatchObject({ result: 'PASS' });
    expect((await workspace.objects()).filter((path) => path.startsWith('.unfinished'))).toEqual(
      [],
    );
  });

  /** The lock of a dead run must be gone before the next one, or that one is skipped. */
  async function noSessionIsLeft(): Promise<void> {
    for (let wait = 0; wait < 100; wait += 1) {
      const left = await database.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'holdfast %'",
      );
      if (left.length === 0) return;
      await sleep(100);
    }
    throw new Error('a session of a dead run is still there after 10 s');
  }
});
