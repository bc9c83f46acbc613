import { mkdir, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DrillReport } from '../../engine/domain/drill-report.ts';
import { findNetworkNamespace } from '../../engine/postgres/drill/network-namespace.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, stateOf } from '../fixtures/set.ts';

const NOBODY = { uid: 65_534, gid: 65_534 };
const hasNamespaces =
  findNetworkNamespace(process.getuid?.() === 0 ? NOBODY : undefined) !== undefined;
if (!hasNamespaces)
  process.stderr.write(
    'no network namespace can be made here: the test of a drill in one is left out\n',
  );

/** Listens on the loopback of this machine and counts who comes. */
class Listener {
  readonly #server: Server;
  heard = 0;

  constructor() {
    this.#server = createServer((socket) => {
      this.heard += 1;
      socket.destroy();
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    return address.port;
  }

  close(): void {
    this.#server.close();
  }
}

/** Everything by which a database reaches another server while it is restored. */
function databaseThatCalls({ mapped, code }: { mapped: number; code: number }): string {
  return `
    CREATE TABLE wards (id int PRIMARY KEY); INSERT INTO wards SELECT generate_series(1, 30);
    CREATE EXTENSION postgres_fdw; CREATE EXTENSION dblink;
    CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '${mapped}', dbname 'x');
    CREATE USER MAPPING FOR holdfast_drill SERVER far OPTIONS (user 'fdw', password 'x');
    CREATE FOREIGN TABLE rates (id int) SERVER far;
    CREATE MATERIALIZED VIEW rate_copy AS SELECT * FROM rates WITH NO DATA;
    CREATE FUNCTION price(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
    CREATE TABLE prices (id int); INSERT INTO prices VALUES (1); CREATE INDEX priced ON prices (public.price(id));
    CREATE OR REPLACE FUNCTION price(int) RETURNS int IMMUTABLE LANGUAGE sql
      AS $$SELECT n FROM public.dblink('host=127.0.0.1 port=${code} user=x', 'SELECT 1') AS t(n int)$$;
    CREATE FUNCTION call() RETURNS int LANGUAGE plpgsql
      AS $$BEGIN COPY (SELECT 1) TO PROGRAM 'bash -c "echo x > /dev/tcp/127.0.0.1/${code}"'; RETURN 1; END$$;
    CREATE MATERIALIZED VIEW called AS SELECT public.call() WITH NO DATA;
    UPDATE pg_class SET relispopulated = true WHERE relname IN ('rate_copy', 'called');
    CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 port=${mapped} user=x dbname=x' PUBLICATION p WITH (connect = false)`;
}

describe('a drill of a database whose code calls other servers', () => {
  const mapped = new Listener();
  const code = new Listener();
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    const ports = { mapped: await mapped.listen(), code: await code.listen() };
    database = await makeDatabase({ sql: databaseThatCalls(ports) });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await database.query('ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s');
    await database.drop();
    mapped.close();
    code.close();
  });

  it.runIf(hasNamespaces)('reaches nobody, not even on the loopback of this machine', async () => {
    const finished = await workspace.run(['drill', '--json']);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const { isIsolated, exceptions } = finished.json<DrillReport>();
    expect(isIsolated).toBe(true);
    expect(exceptions.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
      'INDEX priced',
      'MATERIALIZED VIEW DATA called',
      'MATERIALIZED VIEW DATA rate_copy',
    ]);
    expect([mapped.heard, code.heard]).toEqual([0, 0]);
  });

  it('leaves logins to other servers out where it can not be isolated, and says so', async () => {
    const PATH = join(workspace.folder, 'bin');
    await mkdir(PATH);
    await symlink('/usr/bin/id', join(PATH, 'id'));
    const finished = await workspace.run(['drill', '--json'], { PATH });
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const { isIsolated, exceptions } = finished.json<DrillReport>();
    expect(isIsolated).toBe(false);
    expect(exceptions.map(({ type, name }) => `${type} ${name}`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^USER MAPPING /),
        'SUBSCRIPTION s',
        'MATERIALIZED VIEW DATA rate_copy',
      ]),
    );
    expect(mapped.heard).toBe(0);
    expect(code.heard).toBeGreaterThan(0);
    const { backup } = finished.json<DrillReport>();
    expect(await stateOf(workspace, backup.id)).toBe('PROVEN');
  });
});
