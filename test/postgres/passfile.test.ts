import { describe, expect, it } from 'vitest';
import { findPassword } from '../../engine/postgres/connection/passfile.ts';

const entry = { host: 'db', port: 5432, database: 'cli:nic', user: String.raw`d\ann` };

describe('a line of a passfile', () => {
  it.each([
    [String.raw`db:5432:cli\:nic:d\\ann:secret`, 'secret'],
    ['*:*:*:*:secret', 'secret'],
    ['*:*:*:*:a', 'a'],
    [String.raw`*:*:*:*:a\:b\\c\d`, String.raw`a:b\cd`],
    ['*:*:*:*:secret:and more', 'secret'],
    ['*:*:*:*:secret\r', 'secret'],
    ['*:*:*:*: secret ', ' secret '],
    ['*:*:*:*:', ''],
    [String.raw`*:*:*:*:a\\`, String.raw`a\ `.trim()],
    ['# *:*:*:*:secret', undefined],
    [' # comment\n*:*:*:*:secret', 'secret'],
    ['db:5433:*:*:no\ndb:5432:*:*:yes', 'yes'],
    ['*:*:*:*:first\n*:*:*:*:second', 'first'],
    ['db:5432:cli:nic:secret', undefined],
    [String.raw`d\b:5432:*:*:secret`, 'secret'],
    ['dbx:5432:*:*:secret', undefined],
    ['d:5432:*:*:secret', undefined],
    ['db:05432:*:*:secret', undefined],
    ['db:5432:*', undefined],
  ])('%j is read as libpq reads it', (text, password) => {
    expect(findPassword(text, entry)).toBe(password);
  });
});
