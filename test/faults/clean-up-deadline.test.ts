import { afterEach, describe, expect, it } from 'vitest';
import { HoldfastError } from '../../engine/errors.ts';
import { cleanUp, finallyCleanUp, insist } from '../../engine/postgres/clean-up.ts';
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
  const remove = (limitSeconds = 60) =>
    removeUnfinished(session, { name: database.name, failure, limitSeconds });

  it('ends when the server does not answer any more, and names what stays there', async () => {
    await begin();
    proxy.freeze();
    expect(await remove(1)).toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(
        `^the restore failed; database ${database.name}, .* stays on the server.*no answer within 1 s`,
      ),
      hint: `Drop it: DROP DATABASE "${database.name}" WITH (FORCE); Look.`,
    });
    await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  const undo = async () => void (await session.query('SELECT pg_catalog.pg_sleep(30)'));
  const remains = { what: 'role app stays a member of owner', hint: 'Run: REVOKE owner FROM app;' };

  it('ends although the server works on a statement of it', async () => {
    await begin();
    const left = await cleanUp({ session, undo, remains, limitSeconds: 1 });
    expect(left?.addedTo(failure)).toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(
        /^the restore failed; role app stays a member of owner: .*no answer within 1 s$/,
      ),
      hint: 'Run: REVOKE owner FROM app; Look.',
    });
  });

  it('reports what stays, also where the work was done', async () => {
    await begin();
    const notes: string[] = [];
    const onNote = (note: string) => notes.push(note);
    const options = { session, undo, remains, limitSeconds: 1, onNote };
    expect(await finallyCleanUp(async () => 'done', options)).toBe('done');
    expect(notes).toEqual([
      expect.stringMatching(/^role app stays .* within 1 s\. Run: REVOKE owner FROM app;$/),
    ]);
  });

  it('runs a statement that must not be left out in another session', async () => {
    await begin();
    await session.query('SELECT pg_catalog.pg_terminate_backend(pg_backend_pid())').catch(() => 0);
    await insist(session, `COMMENT ON DATABASE ${database.name} IS 'seen'`);
    const [row] = await database.query<{ text: string }>(
      "SELECT shobj_description(oid, 'pg_database') AS text FROM pg_database WHERE datname = current_database()",
    );
    expect(row?.text).toBe('seen');
    await expect(insist(session, 'SELECT 1 / 0')).rejects.toMatchObject({ code: 'INTERNAL' });
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
