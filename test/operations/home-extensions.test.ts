import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import {
  assertNotAtHome,
  extensionsAtHomeIn,
} from '../../engine/postgres/restore/home-extensions.ts';
import { Session } from '../../engine/postgres/session.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';

const extensions = [{ name: 'pg_cron' }, { name: 'pgcrypto' }];

describe('an extension that lives in one database', () => {
  let database: TestDatabase;
  let session: Session;

  beforeAll(async () => {
    database = await makeDatabase();
    const parameters = { options: '-c cron.database_name=clinic' };
    const settings = await resolveConnection({ url: database.url, parameters }, { layers: [] });
    session = await Session.open(settings, { applicationName: 'test' });
  });
  afterAll(async () => {
    await session.end();
    await database.drop();
  });

  it('is found where a restore makes the database that the server names', async () => {
    expect(await extensionsAtHomeIn(session, { extensions, name: 'clinic' })).toEqual(['pg_cron']);
    expect(await extensionsAtHomeIn(session, { extensions, name: 'other' })).toEqual([]);
  });

  it('refuses a restore beside that database, and says what to do instead', async () => {
    await expect(assertNotAtHome(session, { extensions, name: 'clinic' })).rejects.toMatchObject({
      code: 'TARGET_UNFIT',
      hint: expect.stringContaining('--create'),
    });
    await assertNotAtHome(session, { extensions, name: 'other' });
  });
});
