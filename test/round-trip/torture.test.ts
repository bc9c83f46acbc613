import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { plainDump, plainRestore } from '../fixtures/plain-dump.ts';
import { fitTo, sourcesFor, startSourceServer } from '../fixtures/round-trip.ts';

describe.each(inject('postgres').majors)('on PostgreSQL $major the round trip', (tools) => {
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

  describe.each(Object.entries(sourcesFor(tools)))('of %s', (_name, sql) => {
    let source: TestDatabase;
    let env: Record<string, string>;

    beforeAll(async () => {
      const host = server.connection().host;
      source = await makeDatabase({ host, sql: await fitTo(host, { sql, tools }) });
      env = {
        DATABASE_URL: source.url,
        BACKUP_DIR: join(workspace.folder, source.name),
        ...ownPrefix(workspace, source.name),
      };
    });
    afterAll(() => source?.drop());

    it('loses nothing: the restored database dumps like a plain pg_restore of the same source', async () => {
      const { host } = source;
      expect(await workspace.run(['backup', '--json'], env)).toMatchObject({ status: 0 });
      const restored = `${source.name}_restored`;
      expect(
        await workspace.run(
          [
            'restore',
            'latest',
            '--create',
            '--to',
            urlOf(host, restored),
            '--json',
            ...workspace.fromBucket,
          ],
          env,
        ),
      ).toMatchObject({
        status: 0,
      });
      const plain = await plainRestore({
        tools,
        host,
        from: source.name,
        to: `${source.name}_plain`,
      });
      expect(plainDump({ tools, host, database: restored })).toEqual(
        plainDump({ tools, host, database: plain }),
      );
    });

    it('carries the database settings, grants and comment that pg_restore leaves out', async () => {
      const properties = (database: string) => databaseProperties(source.host, database);
      expect(properties(`${source.name}_restored`)).toEqual(properties(source.name));
    });

    it('is read back whole by verify', async () => {
      const verified = await workspace.run(['verify', 'latest', ...workspace.fromBucket], env);
      expect(verified, verified.stderr).toMatchObject({ status: 0 });
    });

    it('is proven by a drill', async () => {
      const drill = await workspace.run(['drill', '--json', ...workspace.fromBucket], env);
      expect(drill, drill.stderr).toMatchObject({ status: 0 });
      expect(drill.json()).toMatchObject({ result: 'PASS' });
    });
  });

  function databaseProperties(host: string, database: string): string {
    const dump = execFileSync(
      join(tools.directory, 'pg_dump'),
      ['--schema-only', '--create', `--dbname=host=${host} user=holdfast_drill dbname=${database}`],
      {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      },
    );
    const about = dump
      .split('\n')
      .filter(
        (line) => / (ON )?DATABASE /.test(line) && !/^CREATE DATABASE|^--|OWNER TO/.test(line),
      );
    return about.join('\n').replaceAll(database, 'NAME');
  }
});

/** Each database lies for itself, in the bucket as in the folder. */
function ownPrefix({ env }: Workspace, name: string): Record<string, string> {
  return env.BACKUP_S3_BUCKET === undefined
    ? {}
    : { BACKUP_S3_BUCKET: `${env.BACKUP_S3_BUCKET}/${name}` };
}
