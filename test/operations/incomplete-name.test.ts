import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FailedEntry } from '../../engine/domain/restore/failed-entry.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { keepUnnamed } from '../../engine/operations/restore/keep-unnamed.ts';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { Session } from '../../engine/postgres/session.ts';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';

const REFUSED = { object: 'TABLE DATA wards' } as FailedEntry;

/** As after a rename that failed because the name was taken. */
describe('a restored database that could not be given its name', () => {
  const name = `ward_${randomBytes(4).toString('hex')}`;
  let made: TestDatabase;
  let maintenance: Session;

  const keep = async (failures: FailedEntry[], finish = () => Promise.resolve()) => {
    const taken = new HoldfastError({ code: 'TARGET_EXISTS', message: 'the name is taken' });
    const options = {
      ...{ maintenance, name, failures, freshTail: '0123abcd' },
      restoredName: `${name}_restored_4567cdef`,
      putInPlace: (kept: string) => `ALTER DATABASE "${kept}" RENAME TO "${name}";`,
    };
    const left = { unfinished: made.name, comparison: [], finish };
    const error = await keepUnnamed(taken, left, options);
    const rows = await maintenance.query<{ datname: string }>(
      `SELECT datname FROM pg_catalog.pg_database WHERE datname LIKE '${name}%'`,
    );
    return { error, names: rows.map(({ datname }) => datname) };
  };

  beforeEach(async () => {
    made = await makeDatabase({ name: `${name}_unfinished` });
    const url = urlOf(made.host, 'postgres');
    maintenance = await Session.open(await resolveConnection({ url }, { layers: [] }), {
      applicationName: 'test',
    });
  });

  afterEach(async () => {
    for (const end of ['unfinished', 'incomplete_0123abcd', 'restored_4567cdef'])
      await maintenance.query(`DROP DATABASE IF EXISTS "${name}_${end}"`);
    await maintenance.end();
  });

  it('is called incomplete all the same, and the failure says what it lacks', async () => {
    const { error, names } = await keep([REFUSED, REFUSED]);
    expect(names).toEqual([`${name}_incomplete_0123abcd`]);
    expect(error).toMatchObject({
      code: 'TARGET_EXISTS',
      message: `the name is taken; database ${name}_incomplete_0123abcd is restored, but not whole (2 could not be restored, the first is TABLE DATA wards), and keeps that name`,
      hint: expect.stringContaining(`ALTER DATABASE "${name}_incomplete_0123abcd" RENAME TO`),
    });
  });

  it('is called restored where it lacks nothing', async () => {
    const { error, names } = await keep([]);
    expect(names).toEqual([`${name}_restored_4567cdef`]);
    expect(error).toMatchObject({
      message: expect.stringMatching(/is restored and compared, and/),
    });
  });

  it('is called unfinished where it can not be renamed at all', async () => {
    const { error, names } = await keep([REFUSED], () => Promise.reject(new Error('refused')));
    expect(names).toEqual([`${name}_unfinished`]);
    expect(error).toMatchObject({ message: expect.stringMatching(/but not whole .*, but has no/) });
  });
});
