import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { type NewerMajor, startNewerMajor } from '../fixtures/newer-major.ts';
import { countManifests } from '../fixtures/set.ts';

const SAID = 'the server is PostgreSQL 20; this version of Holdfast was tested with 14 to 19';

/** It takes the settings of our sessions, as one to come will. */
const behind = inject('postgres').majors.find(({ major }) => major >= 17);

describe.skipIf(behind === undefined)('a server of a major that no test knows', () => {
  let server: ThrowAwayServer;
  let database: TestDatabase;
  let newer: NewerMajor;
  let workspace: Workspace;

  beforeAll(async () => {
    if (behind === undefined) return;
    server = await ThrowAwayServer.start({ tools: behind, signal: new AbortController().signal });
    const { host } = server.connection();
    const sql = 'CREATE TABLE t (i int); INSERT INTO t VALUES (1)';
    database = await makeDatabase({ host, sql });
    newer = await startNewerMajor({ to: host, from: behind.major, major: 20 });
    workspace = await makeWorkspace({ databaseUrl: urlOf(newer.host, database.name) });
  });
  afterAll(async () => {
    await workspace?.remove();
    await newer?.stop();
    await server?.stop();
  });

  it('is refused with a sentence that says how to go on', async () => {
    const { message, hint } = expectFailure(await workspace.run(['backup', '--json']), {
      code: 'SERVER_TOO_NEW',
    });
    expect(message).toBe(SAID);
    expect(hint).toContain('allowUntestedMajor: true');
    expect(await countManifests(workspace)).toBe(0);
  });

  it('is read where that is allowed, and then its own programs are asked for', async () => {
    const allowed = { HOLDFAST_ALLOW_UNTESTED_MAJOR: 'true' };
    const { message } = expectFailure(await workspace.run(['backup', '--json'], allowed), {
      code: 'TOOLS_MISSING',
    });
    expect(message).toContain('PostgreSQL 20 needs');
  });

  it('is a warning of doctor where it is allowed, and a failure where not', async () => {
    const version = async (env: Record<string, string>) => {
      const doctor = await workspace.run(['doctor', '--json'], env);
      const { findings } = doctor.json<{ findings: { name: string; status: string }[] }>();
      return findings.find(({ name }) => name === 'version');
    };
    expect(await version({})).toMatchObject({ status: 'failed' });
    expect(await version({ HOLDFAST_ALLOW_UNTESTED_MAJOR: 'true' })).toMatchObject({
      status: 'warning',
      detail: SAID,
    });
  });
});
