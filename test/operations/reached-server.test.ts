import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { isHoldfastError } from '../../engine/errors.ts';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { Session } from '../../engine/postgres/session.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { startTcpServer, type TcpServer } from '../fixtures/tcp-servers.ts';

type Variables = Record<string, string>;

const ROLES = ['ann', 'bob', userInfo().username];
const DATABASES = ['clinic', 'ward'];
const IDENTITY =
  "SELECT extract(epoch FROM pg_postmaster_start_time())::text || ' ' || current_database() || ' ' || current_user AS it";

describe('the server that is reached', () => {
  /** One and two differ by their port, one and three by their address. */
  let one: TcpServer;
  let two: TcpServer;
  let three: TcpServer;
  let home: string;
  let workspace: Workspace;

  beforeAll(async () => {
    one = await startTcpServer();
    two = await startTcpServer({ settings: ['default_transaction_read_only=off'] });
    three = await startTcpServer({ address: '127.0.0.2', port: one.port });
    for (const [index, server] of [one, two, three].entries()) {
      for (const role of ROLES) await server.query(`CREATE ROLE "${role}" LOGIN SUPERUSER`);
      for (const name of [...DATABASES, ...ROLES]) await server.query(`CREATE DATABASE "${name}"`);
      await server.query(
        `CREATE TABLE t AS SELECT FROM generate_series(1, ${index + 1})`,
        'clinic',
      );
    }
    home = await mkdtemp(join(tmpdir(), 'hf-reached-'));
    await writeFile(join(home, '.pg_service.conf'), services());
    await writeFile(join(home, 'other.conf'), `[ward]\nhost=127.0.0.2\nport=${one.port}\n`);
    await chmod(join(home, '.pg_service.conf'), 0o600);
    workspace = await makeWorkspace();
  });

  afterAll(async () => {
    await workspace?.remove();
    await Promise.all([one, two, three].map((server) => server?.stop()));
    if (home !== undefined) await rm(home, { recursive: true, force: true });
  });

  function services(): string {
    return [
      `[ward]\nhost=127.0.0.1\nport=${two.port}\nport=${one.port}\ndbname=ward`,
      `[address]\nhostaddr=127.0.0.2\nport=${one.port}`,
      `[role]\n# a comment\nuser=bob\n`,
      `[blank]\nhost=\nport=${one.port}`,
      '[broken]\nhost = 127.0.0.1',
    ].join('\n');
  }

  const backUp = async (env: Variables, args: readonly string[] = []) =>
    workspace.run(['backup', '--json', ...args], { PGUSER: 'ann', PGDATABASE: 'clinic', ...env });
  const rowsIn = async (env: Variables) => {
    const finished = await backUp(env);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    return finished.json<{ rows: number; server: Variables }>();
  };

  it('is the one at PGHOSTADDR, and the result of the backup names it', async () => {
    const env = { PGHOST: 'db.example', PGHOSTADDR: '127.0.0.2', PGPORT: String(one.port) };
    const { rows, server } = await rowsIn({ ...env, PGSSLMODE: 'disable' });
    expect(rows).toBe(3);
    expect(server).toEqual({
      ...{ host: 'db.example', hostaddr: '127.0.0.2', port: one.port },
      ...{ database: 'clinic', user: 'ann' },
    });
    const text = await workspace.run(['backup'], {
      ...{ DATABASE_URL: `postgresql://ann@127.0.0.2:${one.port}/clinic` },
    });
    expect(text.stdout).toContain(`database clinic on 127.0.0.2:${one.port} as ann\n`);
  });

  it('is the first of several that answers, for pg_dump too', async () => {
    const closed = 1;
    const url = `postgresql://ann@127.0.0.1:${closed},127.0.0.1:${two.port},127.0.0.2:${one.port}/clinic`;
    expect(await rowsIn({ DATABASE_URL: url })).toMatchObject({
      rows: 2,
      server: { host: '127.0.0.1', port: two.port },
    });
  });

  it('is the one of the kind that target_session_attrs asks for', async () => {
    await one.query('ALTER DATABASE clinic SET default_transaction_read_only = on');
    try {
      const list = `host=127.0.0.1,127.0.0.1 port=${one.port},${two.port} dbname=clinic user=ann`;
      const attrs = async (value: string) =>
        (await rowsIn({ DATABASE_URL: `${list} target_session_attrs=${value}` })).rows;
      expect(await attrs('any')).toBe(1);
      expect(await attrs('read-write')).toBe(2);
      expect(await attrs('read-only')).toBe(1);
      expect(await attrs('prefer-standby')).toBe(1);
      const refused = await backUp({ DATABASE_URL: `${list} target_session_attrs=standby` });
      expect(refused.error()).toMatchObject({ code: 'CONNECTION_FAILED', exitStatus: 75 });
      expect(refused.error().message).toMatch(/target_session_attrs is standby/);
    } finally {
      await one.query('ALTER DATABASE clinic RESET default_transaction_read_only');
    }
  });

  it('is that of the env file, also for a backup on the command line', async () => {
    const file = join(workspace.folder, 'production.env');
    await writeFile(file, `DB_HOST=127.0.0.1\nDB_PORT=${two.port}\nDB_NAME=clinic\nDB_USER=ann\n`);
    const ambient = { PGHOSTADDR: '127.0.0.2', PGPORT: String(one.port), PGSERVICE: 'address' };
    const finished = await backUp(ambient, ['--env-file', file]);
    expect(finished.json()).toMatchObject({ rows: 2, database: 'clinic' });
  });

  const oneOf = (...values: readonly string[]) =>
    fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, fc.constantFrom(...values));
  /** What mostly ends in a refusal, here or there. */
  const rarely = (...values: readonly string[]) =>
    fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, fc.constantFrom(...values));

  /** Variables of libpq as one environment or env file may have them. */
  function libpqVariables() {
    const ports = [String(one.port), String(two.port)];
    return fc.record({
      PGHOST: oneOf('127.0.0.1', '127.0.0.2', '127.0.0.1,127.0.0.2', one.folder, 'localhost'),
      PGHOSTADDR: rarely('127.0.0.1', '127.0.0.2', '127.0.0.2,127.0.0.1'),
      PGPORT: fc.constantFrom(...ports, ...ports, ports.join(','), ` ${two.port}`, undefined),
      PGUSER: oneOf('ann', 'bob'),
      PGDATABASE: oneOf(...DATABASES),
      PGSERVICE: rarely(
        'ward',
        'address',
        'role',
        'ward',
        'address',
        'role',
        'blank',
        'broken',
        'none',
      ),
      PGSERVICEFILE: rarely(join(home, 'other.conf'), '/none'),
      PGTARGETSESSIONATTRS: rarely('any', 'primary', 'prefer-standby', 'standby'),
      PGSSLMODE: oneOf('disable', 'allow', 'prefer'),
      PGREQUIREAUTH: rarely('none', 'scram-sha-256'),
      PGREQUIREPEER: rarely('nobody'),
      PGGSSENCMODE: oneOf('prefer', 'disable'),
      PGTZ: oneOf('Asia/Tokyo'),
      PGCLIENTENCODING: oneOf('LATIN1'),
    });
  }

  const guides = () =>
    fc.record({
      DB_HOST: oneOf('127.0.0.1', '127.0.0.2'),
      DB_PORT: oneOf(String(one.port), String(two.port)),
      DB_NAME: oneOf(...DATABASES),
      DB_USER: oneOf('ann', 'bob'),
    });

  const urls = () =>
    oneOf(
      `postgresql://127.0.0.1:${two.port}`,
      'postgresql:///clinic',
      'postgresql://bob@/',
      `postgresql://ann@127.0.0.2:${one.port},127.0.0.1:${two.port}/ward`,
      `postgresql:///ward?host=${encodeURIComponent(two.folder)}&port=${two.port}`,
      `postgresql://127.0.0.1/?hostaddr=127.0.0.2&port=${one.port}`,
      'postgresql:///?service=ward',
      'service=address dbname=clinic',
      `host='' port=${one.port}`,
      `host=127.0.0.1 port='' user=ann`,
      'postgresql://127.0.0.1:1,127.0.0.2/clinic',
    );

  interface Mixture {
    url: string | undefined;
    env: Record<string, string | undefined>;
    db: Record<string, string | undefined>;
    file: Record<string, string | undefined> | undefined;
  }

  it('is the one that psql reaches, whatever mixture of URL, variables, services and env file names it', async () => {
    const mixtures = fc.record({
      url: urls(),
      env: libpqVariables(),
      db: guides(),
      file: fc.option(fc.record({ libpq: libpqVariables(), db: guides() }), { nil: undefined }),
    });
    let reached = 0;
    await fc.assert(
      fc.asyncProperty(mixtures, async ({ url, env, db, file }) => {
        const layer = file === undefined ? undefined : { ...file.libpq, ...file.db };
        // psql has no way to say that a file wins over the URL or the service of the environment.
        const isOver = layer === undefined || serverOfFile(layer) !== undefined;
        const rest = isOver
          ? { url, env }
          : { url: undefined, env: { ...env, PGSERVICE: undefined } };
        const mixture = { ...rest, db, file: layer };
        const theirs = await askPsql(mixture);
        const ours = await askHoldfast(mixture);
        if (ours !== undefined && theirs !== undefined) {
          reached += 1;
          expect(ours).toBe(theirs);
        }
      }),
      { numRuns: 200, endOnFailure: true },
    );
    expect(reached).toBeGreaterThan(50);
  });

  /** What docs/CONFIG.md says of the order, in the only terms that psql has. */
  function psqlEnvironment({ url, env, db, file }: Mixture): { url?: string; env: Variables } {
    const own = withGuides({ ...env }, { db, hasServer: url !== undefined && namesServer(url) });
    if (file === undefined) return { ...(url === undefined ? {} : { url }), env: clean(own) };
    const upper = withGuides({ ...file }, { db: file, hasServer: false });
    if (serverOfFile(file) === undefined) return { env: clean({ ...own, ...clean(upper) }) };
    const names = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGSERVICE', 'PGTARGETSESSIONATTRS'];
    const plain = withGuides({ ...env }, { db, hasServer: true });
    const lower = Object.entries(plain).filter(([name]) => !names.includes(name));
    return { env: clean({ ...Object.fromEntries(lower), ...clean(upper) }) };
  }

  function serverOfFile(file: Record<string, string | undefined>): string | undefined {
    const { PGHOST, PGHOSTADDR, PGSERVICE } = withGuides(file, { db: file, hasServer: false });
    return PGHOST ?? PGHOSTADDR ?? PGSERVICE;
  }

  function namesServer(url: string): boolean {
    return !/^postgresql:\/\/(bob@)?\/(clinic)?$/.test(url) && !/^host=''/.test(url);
  }

  function withGuides(
    env: Record<string, string | undefined>,
    { db, hasServer }: { db: Record<string, string | undefined>; hasServer: boolean },
  ): Record<string, string | undefined> {
    const names = hasServer || Boolean(env.PGHOST ?? env.PGHOSTADDR ?? serverOfService(env));
    return {
      ...env,
      ...(names ? {} : { PGHOST: db.DB_HOST, PGPORT: env.PGPORT ?? db.DB_PORT }),
      PGUSER: env.PGUSER ?? db.DB_USER,
      PGDATABASE: env.PGDATABASE ?? db.DB_NAME,
    };
  }

  function serverOfService({ PGSERVICE }: Record<string, string | undefined>): string | undefined {
    return ['ward', 'address'].find((name) => name === PGSERVICE);
  }

  function clean(env: Record<string, string | undefined>): Variables {
    const entries = Object.entries(env).filter(([name]) => /^PG/.test(name));
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Variables;
  }

  async function askPsql(mixture: Mixture): Promise<string | undefined> {
    const { url, env } = psqlEnvironment(mixture);
    const program = join(inject('postgres').tools.directory, 'psql');
    const args = ['-XAtwqc', IDENTITY, ...(url === undefined ? [] : ['-d', url])];
    return promisify(execFile)(program, args, { env: { ...env, HOME: home } }).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    );
  }

  async function askHoldfast({ url, env, db, file }: Mixture): Promise<string | undefined> {
    const ambient = { ...env, ...db, ...(url === undefined ? {} : { DATABASE_URL: url }) };
    const layers = file === undefined ? [ambient] : [file, ambient];
    try {
      const settings = await resolveConnection({}, { layers, home });
      const session = await Session.open(settings, { applicationName: 'test' });
      const { it: identity } = await session
        .queryOne<{ it: string }>(IDENTITY)
        .finally(() => session.end());
      return identity;
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      return undefined;
    }
  }
});
