import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { NAME_IN_USE } from '../fixtures/name-in-use.ts';
import { backUp } from '../fixtures/set.ts';

/** An index that takes for ever to build in any database but the source. */
const SLOW = (source: string) => `
  CREATE FUNCTION at_home() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN IF ${NAME_IN_USE} <> '${source}' THEN PERFORM pg_catalog.pg_sleep(600);
      END IF; RETURN true; END $$;
  CREATE TABLE notes (id int); INSERT INTO notes VALUES (1);
  CREATE INDEX ON notes ((public.at_home() AND id > 0));
  CREATE SUBSCRIPTION ward CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p
    WITH (connect = false, slot_name = 'ward_slot');`;

describe('a database that a restore makes', () => {
  const name = `ward_${randomBytes(4).toString('hex')}`;
  const copy = `${name}_copy`;
  let server: ThrowAwayServer;
  let source: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const postgres = () => databaseNamed('postgres', { host: server.connection().host });
  const restore = () =>
    workspace.start(['restore', id, '--to', source.url.replace(name, copy), '--create', '--json']);
  const made = async () => {
    const rows = await postgres().query<{ name: string; grants: string; isBusy: boolean }>(
      `SELECT datname AS name, datacl::text AS grants, EXISTS (SELECT FROM pg_stat_activity a
         WHERE a.datname = d.datname AND query LIKE 'CREATE INDEX%') AS "isBusy"
       FROM pg_database d WHERE datname LIKE '${copy}%'`,
    );
    return rows;
  };
  /** A restore that stands at its index. */
  const startHeld = async () => {
    const running = restore();
    const [database] = await vi.waitFor(
      async () => {
        const found = await made();
        expect(found).toEqual([expect.objectContaining({ isBusy: true })]);
        return found;
      },
      { timeout: 60_000 },
    );
    if (database === undefined) throw new Error('no database was made');
    return { running, database };
  };

  beforeAll(async () => {
    server = await ThrowAwayServer.start({
      tools: inject('postgres').tools,
      signal: new AbortController().signal,
      settings: ['max_prepared_transactions=2'],
    });
    source = await makeDatabase({ host: server.connection().host, name });
    await source.query(SLOW(name));
    workspace = await makeWorkspace({ databaseUrl: source.url });
    id = await backUp(workspace);
  });

  afterEach(async () => {
    for (const { name: left } of await made())
      await databaseNamed(left, { host: server.connection().host })
        .query(`ALTER SUBSCRIPTION ward SET (slot_name = NONE); DROP SUBSCRIPTION ward`)
        .catch(() => undefined)
        .then(() => databaseNamed(left, { host: server.connection().host }).drop());
  });

  afterAll(async () => {
    await workspace.remove();
    await server.stop();
  });

  it('has a name that says so until it is finished, and is closed to PUBLIC', async () => {
    const { running, database } = await startHeld();
    expect(database.name).toMatch(new RegExp(`^${copy}_unfinished_[0-9a-f]{8}$`));
    expect(database.grants).not.toMatch(/[{,]=\w*c/);
    running.child.kill('SIGTERM');
    const { message, hint } = expectFailure(await running.finished, {
      code: 'INTERRUPTED',
      status: 75,
    });
    expect(`${message} ${hint}`).not.toContain('unfinished');
    expect(await made()).toEqual([]);
  });

  it('is named by the failure when it can not be dropped', async () => {
    const { running, database } = await startHeld();
    await databaseNamed(database.name, { host: server.connection().host }).query(
      `BEGIN; CREATE TABLE seen (i int); PREPARE TRANSACTION 'watcher'`,
    );
    running.child.kill('SIGTERM');
    const { message, hint } = expectFailure(await running.finished, { code: 'INTERRUPTED' });
    expect(message).toContain(`database ${database.name}, which is not finished, stays`);
    expect(hint).toContain(`DROP DATABASE "${database.name}" WITH (FORCE);`);
    expect(await made()).toEqual([expect.objectContaining({ name: database.name })]);
    await databaseNamed(database.name, { host: server.connection().host }).query(
      `ROLLBACK PREPARED 'watcher'`,
    );
  });

  it('is named by the next restore when a crash left it', async () => {
    const { running, database } = await startHeld();
    running.child.kill('SIGKILL');
    await running.finished;
    await postgres().query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1`,
      [database.name],
    );
    const args = ['restore', id, '--to', source.url.replace(name, copy), '--create'];
    const finished = await workspace.run([...args, '--dry-run', '--json']);
    expect(finished.json<{ notes: string[] }>().notes).toContainEqual(
      `an earlier restore left database ${database.name}, which is not finished; drop it: DROP DATABASE "${database.name}";`,
    );
  });

  it('says so under its final name, too, which it has where values ask for that name', async () => {
    await source.query(`COMMENT ON DATABASE ${name} IS 'the ward'; CREATE VIEW place AS
      SELECT current_database() AS name`);
    const own = await backUp(workspace);
    const start = () => {
      const to = source.url.replace(name, copy);
      return workspace.start(['restore', own, '--to', to, '--create', '--json']);
    };
    const running = start();
    await vi.waitFor(
      async () =>
        expect(await made()).toEqual([expect.objectContaining({ name: copy, isBusy: true })]),
      { timeout: 60_000 },
    );
    const meanwhile = expectFailure(await start().finished, { code: 'TARGET_EXISTS' });
    expect(meanwhile.message).toBe(`another restore fills database ${copy} now`);
    running.child.kill('SIGKILL');
    await running.finished;
    await postgres().query(
      'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1',
      [copy],
    );
    const { message, hint } = expectFailure(await start().finished, { code: 'TARGET_EXISTS' });
    expect(message).toBe(`an earlier restore left database ${copy}, which is not finished`);
    expect(hint).toContain(`DROP DATABASE "${copy}";`);
    await source.query('DROP VIEW place');
  });
});
