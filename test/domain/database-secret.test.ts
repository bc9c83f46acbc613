import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseDatabaseSecret } from '../../engine/domain/database-secret.ts';
import { isHoldfastError } from '../../engine/errors.ts';

const PASSWORD = 'hunter2-of-ward-seven';

function refusalOf(value: unknown): string {
  try {
    parseDatabaseSecret(typeof value === 'string' ? value : JSON.stringify(value), {
      name: 'ward/seven',
    });
  } catch (error) {
    if (isHoldfastError(error, 'CONFIG_INVALID'))
      return `${error.message} ${error.hint} ${inspect(error, { depth: 9 })}`;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a secret of a database', () => {
  it('is read as RDS writes it, and does not show its password', () => {
    const text = JSON.stringify({
      engine: 'postgres',
      username: 'ann',
      password: PASSWORD,
      host: 'db',
      port: 5433,
      dbname: 'ward',
      dbInstanceIdentifier: 'x',
    });
    const secret = parseDatabaseSecret(text, { name: 'ward/seven' });
    expect(secret).toMatchObject({ user: 'ann', host: 'db', port: '5433', database: 'ward' });
    expect(secret.password.reveal()).toBe(PASSWORD);
    expect(
      `${JSON.stringify(secret)}${inspect(secret, { depth: 9, showHidden: true })}`,
    ).not.toContain(PASSWORD);
  });

  it.each(['postgres', 'aurora-postgresql', undefined])('may be of engine %s', (engine) => {
    expect(
      parseDatabaseSecret(JSON.stringify({ engine, username: 'ann', password: 'x', port: '1' }), {
        name: 'n',
      }),
    ).toMatchObject({
      port: '1',
    });
  });

  it.each([
    [{}, 'username and password'],
    [{ username: 'ann' }, 'usable password'],
    [{ password: PASSWORD }, 'usable username'],
    [{ username: 1, password: PASSWORD }, 'usable username'],
    [{ username: 'ann', password: PASSWORD, port: {} }, 'usable port'],
    [[PASSWORD], 'not a JSON object'],
    [`"${PASSWORD}"`, 'not a JSON object'],
    [PASSWORD, 'not a JSON object'],
    [{ username: 'ann', password: PASSWORD, engine: 'mysql' }, 'not PostgreSQL'],
  ])('is refused without what it needs, by name and without a value (%#)', (value, said) => {
    const refusal = refusalOf(value);
    expect(refusal).toContain(said);
    expect(refusal).toContain('ward/seven');
    expect(refusal).not.toContain(PASSWORD);
  });
});
