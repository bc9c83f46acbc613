import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, countManifests } from '../fixtures/set.ts';

const { tools: older, majors } = inject('postgres');
const newer = majors.find(({ major }) => major > older.major);
const title =
  newer === undefined ? ' (left out: this machine has no PostgreSQL newer than its oldest)' : '';

describe.skipIf(newer === undefined)(`a server that is newer than every pg_dump${title}`, () => {
  let server: ThrowAwayServer;
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    if (newer === undefined) return;
    server = await ThrowAwayServer.start({ tools: newer, signal: new AbortController().signal });
    database = await makeDatabase({
      host: server.connection().host,
      sql: 'CREATE TABLE t (i int); INSERT INTO t VALUES (1)',
    });
    workspace = await makeWorkspace({
      databaseUrl: database.url,
      env: { HOLDFAST_POSTGRES_BIN: older.directory },
    });
  });

  afterAll(async () => {
    await workspace?.remove();
    await server?.stop();
  });

  it('is refused before anything is written, and says what to install', async () => {
    const { message, hint } = expectFailure(await workspace.run(['backup', '--json']), {
      code: 'TOOLS_MISSING',
    });
    expect(message).toContain(`PostgreSQL ${newer?.major}`);
    expect(hint).toContain(`postgresql-client-${newer?.major}`);
    expect(await countManifests(workspace)).toBe(0);
  });

  it('is named by doctor, which fails', async () => {
    const doctor = await workspace.run(['doctor', '--json']);
    expect(doctor.status).toBe(1);
    const { findings } = doctor.json<{ findings: { name: string; status: string }[] }>();
    expect(findings.find(({ name }) => name === 'dump programs')).toMatchObject({
      status: 'failed',
    });
  });

  it('gives a set that an older server can not take, and the older server stays as it was', async () => {
    const both = { HOLDFAST_POSTGRES_BIN: `${older.directory}:${newer?.directory}` };
    const capable = await makeWorkspace({ databaseUrl: database.url, env: both });
    const target = await makeDatabase();
    try {
      const id = await backUp(capable);
      const { message } = expectFailure(
        await capable.run(['restore', id, '--to', target.url, '--json']),
        { code: 'TARGET_UNFIT' },
      );
      expect(message).toContain(`older than the dump (${newer?.major})`);
      expect(await target.query("SELECT FROM pg_class WHERE relname = 't'")).toHaveLength(0);
    } finally {
      await capable.remove();
      await target.drop();
    }
  });
});
