import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import type { ConnectionSettings } from '../../engine/postgres/connection-settings.ts';
import { openMaintenance } from '../../engine/postgres/restore/maintenance-session.ts';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

describe('what holds on to a database that is to be replaced', () => {
  const name = `clinic_${randomBytes(4).toString('hex')}`;
  let server: ThrowAwayServer;
  let database: TestDatabase;
  let workspace: Workspace;

  const overwrite = (target: string, ...more: string[]) =>
    workspace.run([
      ...['restore', 'latest', '--to', database.url.replace(name, target)],
      ...['--overwrite', target, ...more, '--json', ...workspace.fromBucket],
    ]);

  beforeAll(async () => {
    server = await ThrowAwayServer.start({
      tools: inject('postgres').tools,
      signal: new AbortController().signal,
      settings: ['wal_level=logical', 'max_wal_senders=4', 'max_prepared_transactions=2'],
    });
    database = await makeDatabase({
      host: server.connection().host,
      name,
      sql: `CREATE TABLE t AS SELECT generate_series(1, 20) AS i;
        CREATE PUBLICATION outgoing FOR TABLE t;
        CREATE SUBSCRIPTION incoming CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p
          WITH (connect = false, slot_name = 'away')`,
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await server.stop();
  });

  it('is a prepared transaction: it is named, and nothing is restored', async () => {
    await database.query(`BEGIN; INSERT INTO t VALUES (21); PREPARE TRANSACTION 'of the ward'`);
    const finished = await overwrite(name, '--end-sessions');
    const { message, hint } = expectFailure(finished, { code: 'TARGET_IN_USE' });
    expect(message).toContain('prepared transactions');
    expect(message).toContain('of the ward');
    expect(hint).toContain('ROLLBACK PREPARED');
    await database.query(`ROLLBACK PREPARED 'of the ward'`);
    const others = await database.query(`SELECT FROM pg_database WHERE datname LIKE '${name}\\_%'`);
    expect(others).toEqual([]);
  });

  it('is a session, and the refusal names its program', async () => {
    const session = await database.connect();
    await session.query(`SET application_name = 'ward round'`);
    const { message } = expectFailure(await overwrite(name), { code: 'TARGET_IN_USE' });
    expect(message).toBe(`database ${name} has sessions: ward round of holdfast_drill`);
    await session.end();
  });

  it('is a slot, a subscription or a publication: it is named before anything is restored', async () => {
    await database.query(`SELECT pg_create_logical_replication_slot('consumer', 'pgoutput')`);
    await database.query('ALTER SUBSCRIPTION incoming ENABLE');
    for (const more of [['--dry-run'], []]) {
      const finished = await overwrite(name, '--end-sessions', ...more);
      expect(finished, finished.stderr).toMatchObject({ status: 0 });
      const said = finished.json<{ notes: string[] }>().notes.join('\n');
      expect(said).toContain(`replication slots of database ${name} stay with the replaced one`);
      expect(said).toContain('consumer');
      expect(said).toContain('incoming (slot away)');
      expect(said).toMatch(/publications of database \S+ stay with the replaced one.*outgoing;/);
      expect(said).toContain('subscriptions come back disabled: incoming (slot away)');
      const { stderr } = finished;
      if (more.length === 0)
        expect(stderr.indexOf('consumer')).toBeLessThan(stderr.indexOf('"definitions"'));
    }
  });

  it('is nothing where the database is the usual one for maintenance, postgres', async () => {
    const postgres = databaseNamed('postgres', { host: server.connection().host });
    await postgres.query('CREATE TABLE old (i int)');
    const finished = await overwrite('postgres', '--end-sessions');
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(await postgres.query('SELECT count(*)::int AS n FROM t')).toEqual([{ n: 20 }]);
    const { kept } = finished.json<{ kept: string }>();
    const old = databaseNamed(kept, { host: server.connection().host });
    expect(await old.query('SELECT FROM old')).toEqual([]);
  });
});

describe('the database from which others are made', () => {
  const tail = randomBytes(4).toString('hex');
  let server: ThrowAwayServer;
  let settings: ConnectionSettings;
  const open = (more: Partial<ConnectionSettings> = {}) =>
    openMaintenance({ ...settings, ...more }, { applicationName: 'test', also: [] });

  beforeAll(async () => {
    const { tools } = inject('postgres');
    server = await ThrowAwayServer.start({ tools, signal: new AbortController().signal });
    const { host } = server.connection();
    await makeDatabase({
      host,
      name: `free_${tail}`,
      sql: `CREATE ROLE maker LOGIN CREATEDB;
        REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC`,
    });
    settings = await resolveConnection({ url: urlOf(host, 'clinic', 'maker') }, { layers: [] });
  });
  afterAll(() => server.stop());

  it('is the one that is named where the usual ones let nobody in', async () => {
    await expect(open()).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('tried: postgres, template1, defaultdb'),
      hint: expect.stringContaining('maintenanceDatabase'),
    });
    const session = await open({ maintenanceDatabase: `free_${tail}` });
    expect(session.settings.database).toBe(`free_${tail}`);
    await session.end();
  });

  it('is never the target itself', async () => {
    await expect(
      open({ database: `free_${tail}`, maintenanceDatabase: `free_${tail}` }),
    ).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});
