import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { Session } from '../../engine/postgres/session.ts';
import { createDatabase } from '../../engine/postgres/target-database.ts';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace } from '../fixtures/holdfast.ts';
import { logicalManifest } from '../fixtures/manifests.ts';
import { backUp } from '../fixtures/set.ts';

const ofNoMachine = { ...logicalManifest().source, collate: 'tlh_QO.utf8', ctype: 'tlh_QO.utf8' };

describe('a database that is to be made', () => {
  const name = `made_${randomBytes(4).toString('hex')}`;
  const plain = `plain_${randomBytes(4).toString('hex')}`;
  let database: TestDatabase;
  const exists = async () =>
    (await database.query('SELECT FROM pg_database WHERE datname = $1', [name])).length > 0;

  const as = async <T>(
    user: string | undefined,
    work: (session: Session) => Promise<T>,
  ): Promise<T> => {
    const settings = await resolveConnection(
      { url: urlOf(database.host, 'postgres', user) },
      { layers: [] },
    );
    const session = await Session.open(settings, { applicationName: 'test' });
    return work(session).finally(() => session.end());
  };

  beforeAll(async () => {
    database = await makeDatabase({ sql: `CREATE TABLE t (i int); CREATE ROLE ${plain} LOGIN` });
  });

  afterAll(async () => {
    await database.query(`DROP ROLE ${plain}`);
    await database.drop();
  });

  it('is refused to a role that may make none, with the statement that lets it', async () => {
    const workspace = await makeWorkspace({ databaseUrl: database.url });
    const id = await backUp(workspace);
    const finished = await workspace.run([
      'restore',
      id,
      '--to',
      urlOf(database.host, name, plain),
      '--create',
      '--json',
    ]);
    const { message, hint } = expectFailure(finished, { code: 'PRIVILEGE_MISSING' });
    expect(message).toContain(`role ${plain} may not create databases`);
    expect(hint).toContain(`Or run as a superuser: ALTER ROLE "${plain}" CREATEDB;`);
    await workspace.remove();
  });

  it('is refused where its locale is not on the machine, with the way to get it there', async () => {
    await expect(
      as(undefined, (session) => createDatabase(session, name, { source: ofNoMachine })),
    ).rejects.toMatchObject({
      code: 'TARGET_UNFIT',
      message: expect.stringContaining('locale tlh_QO.utf8'),
      hint: expect.stringContaining('locale-gen'),
    });
    expect(await exists()).toBe(false);
  });

  it('has another locale where that is good enough, and says so', async () => {
    const note = await as(undefined, (session) =>
      createDatabase(session, name, { source: ofNoMachine, mayFallBack: true }),
    );
    expect(note).toContain('locale tlh_QO.utf8 is not on this machine');
    expect(await exists()).toBe(true);
    await database.query(`DROP DATABASE ${name}`);
  });

  it('has no other locale where its own is not what is in the way', async () => {
    const making = as(plain, (session) =>
      createDatabase(session, name, { source: ofNoMachine, mayFallBack: true }),
    );
    await expect(making).rejects.toMatchObject({
      code: 'TARGET_UNFIT',
      hint: expect.stringContaining('CREATEDB'),
    });
  });

  it('never has its locale blamed for something else', async () => {
    const making = as(undefined, async (session) => {
      await session.query('BEGIN');
      return createDatabase(session, name, { source: logicalManifest().source, mayFallBack: true });
    });
    const { message, hint } = await making.then(
      () => Promise.reject(new Error('it was made')),
      (error: { message: string; hint: string }) => error,
    );
    expect(message).toContain('SQLSTATE 25001');
    expect(`${message} ${hint}`).not.toContain('locale');
  });
});
