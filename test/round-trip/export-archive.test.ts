import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { THOROUGH } from '../fixtures/majors.ts';
import { plainDump, plainRestore } from '../fixtures/plain-dump.ts';
import { SOURCES, startSourceServer } from '../fixtures/round-trip.ts';

const majors = inject('postgres').majors.filter(({ major }) => THOROUGH.includes(major));

describe.each(majors)('on PostgreSQL $major an exported archive', (tools) => {
  let server: ThrowAwayServer;
  let workspace: Workspace;

  beforeAll(async () => {
    server = await startSourceServer(tools);
    workspace = await makeWorkspace();
  });
  afterAll(async () => {
    await workspace.remove();
    await server.stop();
  });

  function run(program: string, args: readonly string[]): Buffer {
    return execFileSync(join(tools.directory, program), [...args], {
      maxBuffer: 1 << 29,
      stdio: 'pipe',
    });
  }

  function connection(host: string, database: string): string {
    return `--dbname=host=${host} user=holdfast_drill dbname=${database}`;
  }

  /** Lines of `pg_restore --list`, without the dump ids. */
  function listed(archive: string): string[] {
    const lines = run('pg_restore', ['--list', archive]).toString('latin1').split('\n');
    return lines.filter((line) => /^\d+; /.test(line)).map((line) => line.replace(/^\d+; /, ''));
  }

  describe.each(Object.entries(SOURCES))('of %s', (_name, sql) => {
    let source: TestDatabase;
    let env: Record<string, string>;
    let archive: string;
    let plain: string[];

    beforeAll(async () => {
      source = await makeDatabase({ host: server.connection().host, sql });
      env = { DATABASE_URL: source.url, BACKUP_DIR: join(workspace.folder, source.name) };
      archive = join(workspace.folder, `${source.name}.dump`);
      expect(await workspace.run(['backup', '--json'], env)).toMatchObject({ status: 0 });
      const exported = await workspace.run(
        ['export', 'latest', '--archive', '--out', archive, '--json'],
        env,
      );
      expect(exported, exported.stderr).toMatchObject({ status: 0 });
      expect(exported.json()).toMatchObject({
        format: 'archive',
        path: archive,
        bytes: statSync(archive).size,
      });
      const restored = await plainRestore({
        tools,
        host: source.host,
        from: source.name,
        to: `${source.name}_plain`,
      });
      plain = plainDump({ tools, host: source.host, database: restored });
    });
    afterAll(() => source.drop());

    async function restored(how: string, restore: (database: string) => void): Promise<string[]> {
      const { name } = await makeDatabase({ host: source.host, name: `${source.name}_${how}` });
      restore(name);
      return plainDump({ tools, host: source.host, database: name });
    }

    it('is restored by pg_restore alone, like one of pg_dump itself', async () => {
      const found = await restored('one', (name) =>
        run('pg_restore', ['--exit-on-error', connection(source.host, name), archive]),
      );
      expect(found).toEqual(plain);
    });

    /** Of 25 restores of the torture database by four workers of pg_restore 17, out of an archive of pg_dump's own, three fell to one of these races. */
    const RACES =
      /deadlock detected|permission denied for schema|duplicate key value violates unique constraint "trigger_log_pkey"/;

    it('is restored by four workers, which find the place of every table', async () => {
      let tries = 0;
      const restore = (name: string) =>
        run('pg_restore', ['--exit-on-error', '--jobs=4', connection(source.host, name), archive]);
      const again = async (error: unknown): Promise<string[]> => {
        tries += 1;
        if (tries > 6 || !RACES.test(String(error))) throw error;
        return restored(`four_${tries}`, restore).catch(again);
      };
      expect(await restored('four', restore).catch(again)).toEqual(plain);
    });

    it('is restored from a pipe that Holdfast writes into', async () => {
      const found = await restored('pipe', (name) => {
        const shell = `'${process.execPath}' -- '${join(import.meta.dirname, '../../bin/holdfast.ts')}' export latest --archive | '${join(tools.directory, 'pg_restore')}' --exit-on-error '${connection(source.host, name)}'`;
        execFileSync('bash', ['-o', 'pipefail', '-c', shell], {
          cwd: workspace.folder,
          env: { ...workspace.env, ...env },
          stdio: 'pipe',
        });
      });
      expect(found).toEqual(plain);
    });

    it('lists what pg_dump would list, in its order', () => {
      const whole = join(workspace.folder, `${source.name}.plain.dump`);
      run('pg_dump', ['--format=custom', `--file=${whole}`, connection(source.host, source.name)]);
      expect(listed(archive)).toEqual(listed(whole));
    });

    it('is readable by its owner only', () => {
      expect(statSync(archive).mode & 0o777).toBe(0o600);
    });
  });
});
