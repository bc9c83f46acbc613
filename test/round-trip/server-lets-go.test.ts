import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { Session } from '../../engine/postgres/session.ts';
import type { Toolset } from '../../engine/postgres/tools.ts';
import { makeDatabase } from '../fixtures/database.ts';
import { makeWorkspace } from '../fixtures/holdfast.ts';
import { startTcpServer } from '../fixtures/tcp-servers.ts';

const QUESTION = `SELECT pg_catalog.string_agg(name || '=' || setting, ' ' ORDER BY name) AS answer
  FROM pg_catalog.pg_settings WHERE name ~ '^(client_connection_|tcp_keepalives|tcp_user_timeout)'`;
const KEEPALIVES =
  'client_connection_check_interval=10000 tcp_keepalives_count=3 tcp_keepalives_idle=30 tcp_keepalives_interval=10';

describe('a server behind a network that may die', () => {
  const oldAndNew = inject('postgres').majors.filter(({ major }) => [14, 18].includes(major));

  it.each(oldAndNew)('ends sessions of ours within two minutes: $major', async (tools) => {
    const server = await startTcpServer({ tools });
    try {
      const url = `postgresql://${server.user}@127.0.0.1:${server.port}/postgres`;
      expect(await answerIn(url)).toBe(`${KEEPALIVES} tcp_user_timeout=60000`);
    } finally {
      await server.stop();
    }
  });

  it.each(oldAndNew)('ends a program a minute after our stall watch: $major', async (tools) => {
    const server = await startTcpServer({ tools });
    const workspace = await makeWorkspace();
    try {
      const log = join(workspace.folder, 'answers');
      const folder = join(workspace.folder, 'bin');
      await makeAskingPrograms(tools, { folder, log });
      await server.query('CREATE DATABASE clinic');
      await server.query('CREATE TABLE t AS SELECT 1 AS a', 'clinic');
      const url = `postgresql://${server.user}@127.0.0.1:${server.port}`;
      const env = { HOLDFAST_POSTGRES_BIN: folder, DATABASE_URL: `${url}/clinic` };
      const config = {
        project: 'ward',
        databases: { clinic: { fromEnvironment: true } },
        repositories: { local: { folder: workspace.backups } },
        plans: { nightly: { stallTimeout: '2m' } },
      };
      await writeFile(join(workspace.folder, 'holdfast.yaml'), JSON.stringify(config));
      const taken = await workspace.run(['backup'], env);
      expect(taken, taken.stderr).toMatchObject({ status: 0 });
      const restored = await workspace.run(
        ['restore', 'latest', '--to', `${url}/again`, '--create'],
        env,
      );
      expect(restored, restored.stderr).toMatchObject({ status: 0 });
      const answers = new Set((await readFile(log, 'utf8')).trim().split('\n'));
      expect([...answers].toSorted()).toEqual([
        `pg_dump ${KEEPALIVES} tcp_user_timeout=180000`,
        `pg_dumpall ${KEEPALIVES} tcp_user_timeout=180000`,
        `pg_restore ${KEEPALIVES} tcp_user_timeout=180000`,
      ]);
    } finally {
      await workspace.remove();
      await server.stop();
    }
  });

  it('is asked for nothing where a connection crosses no network', async () => {
    const database = await makeDatabase();
    try {
      expect(await answerIn(database.url)).toMatch(/tcp_user_timeout=0$/);
    } finally {
      await database.drop();
    }
  });
});

/** What a session of ours has in force at the server. */
async function answerIn(url: string): Promise<string> {
  const settings = await resolveConnection({ url }, { layers: [] });
  const session = await Session.open(settings, { applicationName: 'holdfast test' });
  try {
    return (await session.queryOne<{ answer: string }>(QUESTION)).answer;
  } finally {
    await session.end();
  }
}

/** The real programs; before one begins, psql asks the same with its environment and address. */
async function makeAskingPrograms(
  { directory }: Toolset,
  { folder, log }: { folder: string; log: string },
): Promise<void> {
  await mkdir(folder);
  for (const name of ['pg_dump', 'pg_dumpall', 'pg_restore']) {
    const script = `#!/bin/sh
for word do
  case $word in --dbname=*)
    answer=$('${join(directory, 'psql')}' -XAt "$word" -c "${QUESTION.replaceAll('$', '\\$')}")
    echo "${name} $answer" >> '${log}' ;;
  esac
done
exec '${join(directory, name)}' "$@"
`;
    await writeFile(join(folder, name), script);
    await chmod(join(folder, name), 0o755);
  }
}
