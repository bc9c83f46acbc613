import { spawnSync } from 'node:child_process';
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Finding } from '../../engine/operations/doctor-finding.ts';
import { writeConfig } from '../fixtures/config.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { type GuardedServer, startGuardedServer } from '../fixtures/guarded-server.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const PASSWORD = 'Some#Pass';

describe('first contact with a server that asks for a password', () => {
  let server: GuardedServer;
  let workspace: Workspace;

  beforeAll(async () => {
    server = await startGuardedServer({ overTcp: 'scram-sha-256' });
    await server.query(`CREATE ROLE bk LOGIN SUPERUSER PASSWORD '${PASSWORD}'`);
    await server.query('CREATE DATABASE clinic');
    await server.query('CREATE TABLE t (id int PRIMARY KEY)', 'clinic');
    workspace = await makeWorkspace();
  });

  afterAll(async () => {
    await workspace?.remove();
    await server?.stop();
  });

  const urlOf = (user = 'bk', parameters = '') =>
    `postgresql://${user}@localhost:${server.port}/clinic?sslmode=verify-full&sslrootcert=${server.authority}${parameters}`;
  const backUp = (url: string, env: Record<string, string> = {}) =>
    workspace.run(['backup', '--json'], { DATABASE_URL: url, ...env });

  it('says that no password was given, where to put it, and that this does not pass by itself', async () => {
    const { message, hint } = expectFailure(await backUp(urlOf()), {
      code: 'CONNECTION_FAILED',
      status: 1,
    });
    expect(message).toContain('the server asks for a password, and none was given');
    const [, line] = /add a line to ~\/\.pgpass \(mode 600\): (.*):PASSWORD/.exec(hint ?? '') ?? [];
    await writeFile(join(workspace.folder, '.pgpass'), `${line}:${PASSWORD}\n`, { mode: 0o600 });
    expect(await backUp(urlOf())).toMatchObject({ status: 0 });
    await writeFile(join(workspace.folder, '.pgpass'), '');
  });

  it('hints at the line break that a password ends with', async () => {
    const { hint } = expectFailure(await backUp(urlOf(), { PGPASSWORD: `${PASSWORD}\n` }), {
      code: 'CONNECTION_FAILED',
      status: 1,
    });
    expect(hint).toContain('ends with a line break');
  });

  it('logs in with a password of an env file that holds a #', async () => {
    const file = join(workspace.folder, 'clinic.env');
    await writeFile(file, `DATABASE_URL="${urlOf()}"\nDB_PASSWORD=${PASSWORD} # the role\n`);
    const finished = await workspace.run(['backup', '--json', '--env-file', file]);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
  });

  it('logs in whatever the number of SCRAM iterations is, as pg_dump does', async () => {
    await server.query(`CREATE ROLE slow LOGIN SUPERUSER PASSWORD '${verifierOf(PASSWORD)}'`);
    expect(await backUp(urlOf('slow'), { PGPASSWORD: PASSWORD })).toMatchObject({ status: 0 });
  });

  it('keeps channel_binding=require with a server that can, and refuses where no TLS is spoken', async () => {
    const env = { PGPASSWORD: PASSWORD };
    expect(await backUp(urlOf('bk', '&channel_binding=require'), env)).toMatchObject({ status: 0 });
    const plain = `postgresql://bk@/clinic?host=${server.host}&port=${server.port}`;
    const refused = await backUp(`${plain}&channel_binding=require`, env);
    expect(expectFailure(refused, { code: 'CONNECTION_FAILED', status: 1 }).message).toContain(
      'channel_binding=require',
    );
  });

  it('keeps require_auth before a password is sent', async () => {
    const env = { PGPASSWORD: PASSWORD, PGREQUIREAUTH: 'scram-sha-256' };
    const kept = await backUp(urlOf(), env);
    if (knowsRequireAuth()) expect(kept).toMatchObject({ status: 0 });
    else
      expect(expectFailure(kept, { code: 'DUMP_FAILED', status: 1 }).hint).toContain(
        'Programs before PostgreSQL 16 do not know require_auth',
      );
    const refused = await backUp(urlOf(), { ...env, PGREQUIREAUTH: '!scram-sha-256' });
    expect(expectFailure(refused, { code: 'CONNECTION_FAILED', status: 1 }).message).toContain(
      'asks for the method scram-sha-256, and require_auth allows only',
    );
    const trusted = `postgresql://holdfast_drill@/clinic?host=${server.host}&port=${server.port}`;
    const unasked = await backUp(trusted, env);
    expect(expectFailure(unasked, { code: 'CONNECTION_FAILED', status: 1 }).message).toContain(
      'asks for no password, and require_auth allows only scram-sha-256',
    );
  });
});

/** A libpq before 16 does not: as a variable it would ignore it, and send any password that is asked for. */
function knowsRequireAuth(): boolean {
  const psql = join(inject('postgres').tools.directory, 'psql');
  const { stderr } = spawnSync(psql, ['host=/nonexistent require_auth=none'], { encoding: 'utf8' });
  return !stderr.includes('invalid connection option');
}

describe('first contact with a database that can not be backed up as it is', () => {
  let server: GuardedServer;
  let workspace: Workspace;

  beforeAll(async () => {
    server = await startGuardedServer({ settings: ['max_prepared_transactions=2'] });
    workspace = await makeWorkspace();
  });

  afterAll(async () => {
    await workspace?.remove();
    await server?.stop();
  });

  const environmentOf = (database: string, user = 'holdfast_drill') => ({
    DATABASE_URL: `postgresql://${user}@/${database}?host=${server.host}`,
  });
  const findingOf = async (name: string, env: Record<string, string>) => {
    const { findings } = (await workspace.run(['doctor', '--json'], env)).json<{
      findings: Finding[];
    }>();
    return findings.find((finding) => finding.name === name && /^database/.test(finding.subject));
  };

  it.each([
    1, 3, 5,
  ])('says how many connections a backup needs where the role may have %i, and its statement mends it', async (limit) => {
    await server.query('CREATE DATABASE few');
    await server.query(`CREATE ROLE clinic_app LOGIN CONNECTION LIMIT ${limit}`);
    await server.query('GRANT pg_read_all_data TO clinic_app');
    const env = environmentOf('few', 'clinic_app');
    const finished = await workspace.run(['backup', '--json'], env);
    const { message } = expectFailure(finished, { code: 'CONNECTION_FAILED', status: 1 });
    expect(message).toBe(
      `this backup needs 6 connections at once, and role "clinic_app" may have ${limit}`,
    );
    const found = await findingOf('connections', env);
    expect(found).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('needs 6 connections'),
    });
    // With a limit of one, doctor itself has no second session for the role of restores.
    const detail =
      limit === 1 ? /too many connections/ : /^a restore needs \d+ connections at once/;
    expect(await findingOf('restore connections', env)).toMatchObject({
      detail: expect.stringMatching(detail),
    });
    await server.query(found?.fix[0] ?? '');
    expect(await workspace.run(['backup', '--json'], env)).toMatchObject({ status: 0 });
    await server.query('DROP DATABASE few');
    await server.query('DROP ROLE clinic_app');
  });

  it('names the table and the prepared transaction that holds it, and its statement mends it', async () => {
    const own = await prepareTransaction();
    const config = {
      databases: { held: { fromEnvironment: true } },
      plans: { nightly: { keep: '30d', lockWaitTimeout: '1s' } },
    };
    await writeConfig(workspace, config);
    const env = environmentOf('held');
    const finished = await workspace.run(['backup', '--json'], env);
    const { message, hint } = expectFailure(finished, { code: 'LOCK_TIMEOUT', status: 75 });
    expect(message).toMatch(
      /^table "public"\."stuck" could not be locked .*: prepared transaction 'it''s' of holdfast_drill holds it since .*, not a session$/,
    );
    const [, statement = ''] = /(ROLLBACK PREPARED .*;)/.exec(hint ?? '') ?? [];
    await own.query(statement);
    await own.end();
    expect(await workspace.run(['backup', '--json'], env)).toMatchObject({ status: 0 });
  });

  it('names what is not UTF-8 in a SQL_ASCII database, in doctor too, and takes rows of any bytes', async () => {
    const locale = "TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'";
    await server.query(`CREATE DATABASE bytes ${locale}`);
    const make = (name: string) =>
      `DO $$ BEGIN EXECUTE format('CREATE TABLE %I (x text)', ${name}); END $$`;
    await server.query(make("'caf' || chr(233)"), 'bytes');
    await server.query(`${make("'plain'")}; INSERT INTO plain VALUES (chr(255))`, 'bytes');
    await writeConfig(workspace, { databases: { bytes: { fromEnvironment: true } } });
    const env = environmentOf('bytes');
    const { message } = expectFailure(await workspace.run(['backup', '--json'], env), {
      code: 'SOURCE_UNFIT',
      status: 1,
    });
    expect(message).toMatch(/^1 names .* are not UTF-8: caf\\351$/);
    expect(await findingOf('names', env)).toMatchObject({ status: 'failed', detail: message });
    await server.query(
      "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'caf' || chr(233)); END $$",
      'bytes',
    );
    expect(await workspace.run(['backup', '--json'], env)).toMatchObject({ status: 0 });
    expect(await findingOf('names', env)).toMatchObject({ status: 'ok' });
  });

  /** A table that a prepared transaction keeps locked when its session is free again. */
  async function prepareTransaction(): Promise<pg.Client> {
    await server.query('CREATE DATABASE held');
    const client = await server.connect('holdfast_drill', 'held');
    await client.query('CREATE TABLE stuck (id int); CREATE TABLE quiet (id int)');
    await client.query('BEGIN; LOCK TABLE stuck IN ACCESS EXCLUSIVE MODE');
    await client.query("PREPARE TRANSACTION 'it''s'");
    return client;
  }
});

/** What CREATE ROLE takes as a password that is hashed already: with 600,000 iterations, as OWASP advises. */
function verifierOf(password: string, iterations = 600_000): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyed = (word: string) => createHmac('sha256', salted).update(word).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const serverKey = keyed('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${serverKey}`;
}
