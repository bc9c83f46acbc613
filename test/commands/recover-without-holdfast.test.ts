import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clinicRows } from '../../demo/clinic-rows.ts';
import { clinicSchema } from '../../demo/clinic-schema.ts';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { codeBlocks, readDocument } from '../fixtures/document.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { storeInVolumes } from '../fixtures/many-volumes.ts';
import { pythonEnvironment } from '../fixtures/python.ts';
import { backUp, fileOf } from '../fixtures/set.ts';
import { copyOf, TAMPERED } from '../fixtures/tampered-sets.ts';

const execute = promisify(execFile);
const PASSPHRASE = 'six words of a long summer night';

const OWNED = `
  CREATE ROLE "night shift";
  CREATE TABLE owned (note text, at timestamptz DEFAULT '2026-11-22 02:00+00');
  ALTER TABLE owned OWNER TO "night shift";
  INSERT INTO owned VALUES ('größer 😀'), (NULL);
  CREATE MATERIALIZED VIEW counts AS SELECT count(*) FROM owned`;

/** Every row of every table as one hash a table, and how many keys and indexes there are. */
const EVERYTHING = `
  SELECT c.relname AS name, pg_get_userbyid(c.relowner) AS owner,
    (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid) AS indexes,
    (SELECT count(*) FROM pg_constraint k WHERE k.conrelid = c.oid) AS constraints,
    md5(query_to_xml(format('SELECT t::text AS row FROM %s t ORDER BY 1', c.oid::regclass), true, false, '')::text) AS rows
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'm') ORDER BY 1`;

/** The code of the document: the installation, the program, and the steps between. The first block holds the values of the reader. */
async function readPage() {
  const blocks = codeBlocks(await readDocument('docs/RECOVER-WITHOUT-HOLDFAST.md'));
  const [values = '', ...shell] = blocks
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text);
  const install = shell.find((text) => text.includes('pip install')) ?? '';
  const program = blocks.find(({ language }) => language === 'python')?.text ?? '';
  return { values, install, program, steps: shell.filter((text) => text !== install).join('\n') };
}

describe.skipIf(process.env.HOLDFAST_SKIP_PYTHON === '1')(
  'docs/RECOVER-WITHOUT-HOLDFAST.md, followed to the letter',
  () => {
    let page: Awaited<ReturnType<typeof readPage>>;
    let venv: string;
    let clinic: TestDatabase;
    let workspace: Workspace;
    let newServer: ThrowAwayServer;
    let id: string;
    let older: string;
    let set: string;
    const folders: string[] = [];

    beforeAll(async () => {
      await execute('zstd', ['--version']).catch((cause: unknown) => {
        throw new Error(
          'This test needs the program zstd: apt-get install zstd, or brew install zstd.',
          { cause },
        );
      });
      page = await readPage();
      venv = await pythonEnvironment(page.install);
      clinic = await makeDatabase({
        sql: `${clinicSchema};${clinicRows({ vitals: 2_000 })};${OWNED}`,
      });
      await clinic.query(`ALTER DATABASE ${clinic.name} SET work_mem = '8MB'`);
      workspace = await makeWorkspace({
        databaseUrl: clinic.url,
        env: { HOLDFAST_PASSPHRASE: PASSPHRASE },
      });
      await workspace.run(['keygen', '--break-glass', '--out', 'break-glass.pem']);
      const keys = { breakGlass: 'break-glass.pem.pub' };
      await writeConfig(workspace, {
        project: 'Bücher & Söhne',
        databases: { 'Zürich 1': { fromEnvironment: true } },
        keys,
      });
      older = await fileOf(workspace, { id: await backUp(workspace), name: 'manifest.json' });
      id = await backUp(workspace, ['--label', 'größer 😀']);
      set = dirname(await fileOf(workspace, { id, name: 'manifest.json' }));
      newServer = await ThrowAwayServer.start({
        tools: inject('postgres').tools,
        signal: new AbortController().signal,
      });
    });

    afterAll(async () => {
      await newServer?.stop();
      await workspace?.remove();
      await clinic?.query(
        'REASSIGN OWNED BY "night shift" TO CURRENT_USER; DROP ROLE "night shift"',
      );
      await clinic?.drop();
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    });

    async function emptyFolder(): Promise<string> {
      const folder = await mkdtemp(join(tmpdir(), 'hf-recover-'));
      folders.push(folder);
      await symlink(venv, join(folder, 'venv'));
      await writeFile(join(folder, 'open_set.py'), page.program);
      return folder;
    }

    /** What the reader types into a shell that knows the set, one key, the new server and PostgreSQL's programs. */
    async function follow({
      key,
      database,
      env = {},
    }: {
      key: string;
      database: string;
      env?: Record<string, string>;
    }): Promise<string> {
      const { host, user } = newServer.connection();
      const { stdout } = await execute('bash', ['-euo', 'pipefail', '-c', page.steps], {
        cwd: await emptyFolder(),
        env: {
          PATH: `${inject('postgres').tools.directory}:${process.env.PATH}`,
          SET: set,
          KEY: key,
          PGHOST: host,
          PGUSER: user,
          DATABASE: database,
          ...env,
        },
      });
      return stdout;
    }

    /** The program of the document alone. */
    async function open(from: string, { key = workspace.keyFile, passphrase = PASSPHRASE } = {}) {
      const cwd = await emptyFolder();
      const run = execute('venv/bin/python', ['open_set.py', from, key, 'opened'], {
        cwd,
        env: { HOLDFAST_PASSPHRASE: passphrase },
      });
      return run.then(
        () => ({ folder: join(cwd, 'opened'), status: 0, stderr: '' }),
        ({ code, stderr }: { code: number; stderr: string }) => ({
          folder: join(cwd, 'opened'),
          status: code,
          stderr,
        }),
      );
    }

    async function everythingIn(database: string): Promise<unknown[]> {
      const { host, user } = newServer.connection();
      const client = new pg.Client({ host, user, database });
      await client.connect();
      const { rows } = await client.query(EVERYTHING).finally(() => client.end());
      return rows;
    }

    it('names every value that the steps use, and no other', () => {
      const set = [...page.values.matchAll(/\b([A-Z]+)=/g)].map(([, name]) => name);
      expect(set).toEqual(['SET', 'KEY', 'PGHOST', 'PGUSER', 'DATABASE']);
    });

    it('brings back every row, key, index, owner and role with the key file alone', async () => {
      const key = join(await emptyFolder(), 'copy of the key');
      await cp(workspace.keyFile, key);
      const said = await follow({ key, database: 'by key file' });
      expect(said).toMatch(/^public\.vitals_samples\|2000\|ok$/m);
      expect(said).not.toContain('NOT ');
      expect(said).toMatch(/^ALTER DATABASE .* SET work_mem TO '8MB';$/m);
      expect(await everythingIn('by key file')).toEqual(await clinic.query(EVERYTHING));
    });

    it('brings back the same with the private break-glass key alone', async () => {
      const key = join(await emptyFolder(), 'from the safe.pem');
      await cp(join(workspace.folder, 'break-glass.pem'), key);
      const said = await follow({
        key,
        database: 'by_break_glass',
        env: { HOLDFAST_PASSPHRASE: PASSPHRASE },
      });
      expect(said).toMatch(/^public\.owned\|2\|ok$/m);
      expect(await everythingIn('by_break_glass')).toEqual(await clinic.query(EVERYTHING));
    });

    it('puts a stream of many volumes together in their order', async () => {
      const stored = await storeInVolumes({
        keyFile: workspace.keyFile,
        folder: await emptyFolder(),
        like: join(set, 'manifest.json'),
      });
      expect(stored.volumes).toBeGreaterThan(10);
      const { folder, status, stderr } = await open(stored.folder);
      expect(status, stderr).toBe(0);
      const { stdout } = await execute('zstd', ['-dc', join(folder, 'data.dump.zst')], {
        encoding: 'buffer',
        maxBuffer: 1 << 26,
      });
      expect(stdout.equals(stored.plaintext)).toBe(true);
    });

    it('refuses a key that is not the one of the set, and a wrong passphrase', async () => {
      const other = join(await emptyFolder(), 'other');
      await writeFile(other, `${'ab'.repeat(32)}\n`);
      expect(await open(set, { key: other })).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(
          /^this is key \w{16}, and the set opens with \w{16} or \w{16}\n$/,
        ),
      });
      const glass = {
        key: join(workspace.folder, 'break-glass.pem'),
        passphrase: 'not the one of the safe',
      };
      expect(await open(set, glass)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/password/i),
      });
    });

    it.each(TAMPERED)('refuses, with the key file and with break-glass: $title', async ({
      tamper,
      refusal,
    }) => {
      const copy = await copyOf(set);
      folders.push(dirname(copy));
      await tamper(copy, dirname(older));
      for (const key of [workspace.keyFile, join(workspace.folder, 'break-glass.pem')])
        expect(await open(copy, { key })).toMatchObject({
          status: 1,
          stderr: expect.stringMatching(refusal),
        });
    });
  },
);
