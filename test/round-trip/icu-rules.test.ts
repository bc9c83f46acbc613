import { randomBytes } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed } from '../fixtures/database.ts';
import { makeWorkspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const WITH_RULES = inject('postgres').majors.filter(({ major }) => major >= 16);

describe.skipIf(WITH_RULES.length === 0)('the ICU rules of a database', () => {
  it.each(WITH_RULES)('are those of the source on PostgreSQL $major', async (tools) => {
    const name = `sorted_${randomBytes(4).toString('hex')}`;
    const server = await ThrowAwayServer.start({ tools, signal: new AbortController().signal });
    const { host } = server.connection();
    await databaseNamed('postgres', { host }).query(
      `CREATE DATABASE ${name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'
         ICU_RULES '&a < g'`,
    );
    const source = databaseNamed(name, { host });
    await source.query(`CREATE TABLE t AS SELECT chr(96 + n) AS x FROM generate_series(1, 8) n`);
    const workspace = await makeWorkspace({ databaseUrl: source.url });
    const id = await backUp(workspace);
    const copy = databaseNamed(`${name}_copy`, { host });
    const finished = await workspace.run([
      ...['restore', id, '--to', copy.url, '--create', '--json', ...workspace.fromBucket],
    ]);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const rules = `SELECT daticurules AS rules FROM pg_database WHERE datname = current_database()`;
    expect(await copy.query(rules)).toEqual(await source.query(rules));
    const sorted = 'SELECT string_agg(x, NULL ORDER BY x) AS sorted FROM t';
    expect(await copy.query(sorted)).toEqual([{ sorted: 'agbcdefh' }]);
    await workspace.remove();
    await server.stop();
  });
});
