import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

/** From here on an extension need not stand in the folder of the server (extension_control_path). */
const MAJORS = inject('postgres').majors.filter(({ major }) => major >= 18);

const CONTROL = "default_version = '1.0'\nrelocatable = false\nschema = conf\n";
const SCRIPT = `CREATE TABLE conf.settings (id int, name text);
INSERT INTO conf.settings VALUES (1, 'of the extension');
SELECT pg_catalog.pg_extension_config_dump('conf.settings', 'WHERE id > 100');`;

if (MAJORS.length === 0) it.skip('needs PostgreSQL 18 or newer');

describe.each(MAJORS)('the configuration of an extension on PostgreSQL $major', (tools) => {
  let folder: string;
  let server: ThrowAwayServer;
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-extension-'));
    await mkdir(join(folder, 'extension'));
    await writeFile(join(folder, 'extension/confy.control'), CONTROL);
    await writeFile(join(folder, 'extension/confy--1.0.sql'), SCRIPT);
    await chmod(folder, 0o755);
    server = await ThrowAwayServer.start({
      tools,
      signal: new AbortController().signal,
      settings: [`extension_control_path=${folder}:$system`],
    });
    database = await makeDatabase({
      host: server.connection().host,
      sql: `CREATE SCHEMA conf; CREATE EXTENSION confy;
        INSERT INTO conf.settings VALUES (101, 'ours'), (102, 'ours too');
        CREATE TABLE public.wards (id int); INSERT INTO public.wards VALUES (7)`,
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    expect(await workspace.run(['backup', '--json'])).toMatchObject({ status: 0 });
  });
  afterAll(async () => {
    await workspace.remove();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is counted without the rows of the extension itself', async () => {
    const { manifest } = (await workspace.run(['show', 'latest', '--json'])).json<{
      manifest: { extensionTables: object[] };
    }>();
    expect(manifest.extensionTables).toEqual([
      {
        schema: 'conf',
        name: 'settings',
        extension: 'confy',
        condition: 'WHERE id > 100',
        rows: 2,
      },
    ]);
  });

  it('comes back, and a note names a table that differs', async () => {
    const copy = databaseNamed(`${database.name}_copy`, { host: database.host });
    const restore = async (...more: string[]) => {
      const finished = await workspace.run([
        'restore',
        'latest',
        '--json',
        '--to',
        copy.url,
        ...more,
      ]);
      expect(finished, finished.stderr).toMatchObject({ status: 0 });
      return finished.json<{ notes: string[] }>().notes.join();
    };
    expect(await restore('--create')).not.toContain('conf.settings');
    expect(await copy.query('SELECT id FROM conf.settings ORDER BY id')).toEqual([
      ...[{ id: 1 }, { id: 101 }, { id: 102 }],
    ]);
    await copy.query(`DROP EXTENSION confy; DROP SCHEMA conf; DROP TABLE public.wards`);
    await writeFile(
      join(folder, 'extension/confy--1.0.sql'),
      `${SCRIPT} INSERT INTO conf.settings VALUES (103, 'more');`,
    );
    expect(await restore()).toContain('table conf.settings of extension confy: it has 3 rows');
  });

  it('is left as it is, and a note names it, where it belongs to the provider', async () => {
    const name = `${database.name}_provided`;
    const provided = databaseNamed(name, { host: database.host });
    await database.query(`CREATE ROLE master LOGIN`);
    await database.query(`CREATE DATABASE ${name} OWNER master`);
    await provided.query(`CREATE SCHEMA conf; CREATE EXTENSION confy;
      GRANT USAGE ON SCHEMA conf TO master; GRANT SELECT ON conf.settings TO master`);
    const before = await provided.query('SELECT * FROM conf.settings ORDER BY id');
    const to = provided.url.replace('holdfast_drill', 'master');
    const restore = ['restore', 'latest', '--json', '--no-owner', '--to', to];
    const finished = await workspace.run(restore);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(finished.json<{ notes: string[] }>().notes.join()).toContain(
      'the rows of table conf.settings of extension confy are left as they are on the target: only holdfast_drill may write to it',
    );
    expect(await provided.query('SELECT * FROM conf.settings ORDER BY id')).toEqual(before);
    expect(await provided.query('SELECT * FROM public.wards')).toEqual([{ id: 7 }]);
  });
});
