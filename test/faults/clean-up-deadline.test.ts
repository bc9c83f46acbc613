import { afterEach, describe, expect, it } from 'vitest';
import { HoldfastError } from '../../engine/errors.ts';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { removeUnfinished } from '../../engine/postgres/restore/unfinished-database.ts';
import { Session } from '../../engine/postgres/session.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { type FreezingProxy, startFreezingProxy } from '../fixtures/freezing-proxy.ts';

describe('the clean-up after a restore', () => {
  let database: TestDatabase;
  let proxy: FreezingProxy;
  let session: Session;

  afterEach(async () => {
    await session.end();
    await proxy.stop();
    await database.drop();
  });

  const begin = async () => {
    database = await makeDatabase();
    proxy = await startFreezingProxy({ to: database.host });
    const url = `postgresql://holdfast_drill@/postgres?host=${proxy.host}`;
    session = await Session.open(await resolveConnection({ url }, { layers: [] }), {
      applicationName: 'holdfast test',
    });
  };
  const failure = new HoldfastError({
    code: 'RESTORE_FAILED',
    message: 'the restore failed',
    hint: 'Look.',
  });
  const remove = () => removeUnfinished(session, { name: database.name, failure, limitSeconds: 1 });

  it('ends when the server does not answer any more, and names what stays there', async () => {
    await begin();
    proxy.freeze();
    expect(await remove()).toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(
        `^the restore failed; database ${database.name}, .* stays on the server.*no answer within 1 s`,
      ),
      hint: `Drop it: DROP DATABASE "${database.name}" WITH (FORCE); Look.`,
    });
    await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('removes the database where the server answers', async () => {
    await begin();
    expect(await remove()).toBe(failure);
    const left = await session.query('SELECT FROM pg_catalog.pg_database WHERE datname = $1', [
      database.name,
    ]);
    expect(left).toEqual([]);
  });
});
