import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { findPgbouncer, startPgbouncer } from '../fixtures/pgbouncer.ts';
import { type Pooler, startPooler } from '../fixtures/pooler.ts';
import { backUp, countManifests } from '../fixtures/set.ts';

const pgbouncer = await findPgbouncer();
const title =
  pgbouncer === undefined ? ' (left out: it is neither installed nor to be had by apt)' : '';

const poolers: [string, ((host: string) => Promise<Pooler>) | undefined][] = [
  ['a proxy that announces process ids of its own', startPooler],
  [
    `pgbouncer${title}`,
    pgbouncer === undefined ? undefined : (host) => startPgbouncer(pgbouncer, { serverHost: host }),
  ],
];

for (const [name, start] of poolers)
  describe.skipIf(start === undefined)(name, () => {
    let database: TestDatabase;
    let pooler: Pooler;
    let workspace: Workspace;

    beforeAll(async () => {
      database = await makeDatabase({ sql: 'CREATE TABLE t (i int); INSERT INTO t VALUES (1)' });
      if (start !== undefined) pooler = await start(database.host);
      workspace = await makeWorkspace({ databaseUrl: urlOf(pooler?.host ?? '', database.name) });
    });

    afterAll(async () => {
      await workspace?.remove();
      await pooler?.stop();
      await database?.drop();
    });

    it('is refused as a source', async () => {
      const { message } = expectFailure(await workspace.run(['backup', '--json']), {
        code: 'POOLER',
      });
      expect(message).toContain(pooler.host);
      expect(await countManifests(workspace)).toBe(0);
    });

    it('is found by doctor', async () => {
      const doctor = await workspace.run(['doctor', '--json']);
      expect(doctor.status).toBe(1);
      const { findings } = doctor.json<{ findings: { name: string; status: string }[] }>();
      expect(findings).toContainEqual(
        expect.objectContaining({ name: 'no pooler', status: 'failed' }),
      );
    });

    it('is refused as a target', async () => {
      const id = await backUp(workspace, ['--config', await directConfig()]);
      const arrival = await makeDatabase();
      try {
        const target = urlOf(pooler.host, arrival.name);
        expectFailure(await workspace.run(['restore', id, '--to', target, '--json']), {
          code: 'POOLER',
        });
        expectFailure(
          await workspace.run(['restore', id, '--to', target, '--table', 't', '--json']),
          { code: 'POOLER' },
        );
        expect(await arrival.query("SELECT FROM pg_class WHERE relname = 't'")).toHaveLength(0);
      } finally {
        await arrival.drop();
      }
    });

    async function directConfig(): Promise<string> {
      const path = `${workspace.folder}/direct.yaml`;
      const config = {
        project: 'holdfast',
        databases: { [database.name]: { url: database.url } },
        repositories: { local: { folder: workspace.backups } },
        plans: { default: {} },
      };
      await writeFile(path, JSON.stringify(config));
      return path;
    }
  });
