import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupId, isBackupId, parseBasicTime } from '../../engine/domain/backup-id.ts';
import { decodeName, encodeName, manifestKey } from '../../engine/domain/key.ts';
import { parseTableName, quoteTable, showTable } from '../../engine/domain/table-name.ts';

const anyName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 63 })
  .filter((name) => name.isWellFormed());

describe('names in keys', () => {
  it('come back from their encoding, and need no further escaping anywhere', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(encodeName(name)).toMatch(/^[A-Za-z0-9_%-]+$/);
        expect(decodeName(encodeName(name))).toBe(name);
      }),
    );
  });

  it('never climb out of their folder', () => {
    expect(encodeName('../../etc/passwd')).toBe('%2E%2E%2F%2E%2E%2Fetc%2Fpasswd');
    expect(encodeName('.')).toBe('%2E');
  });

  it('stand plan first, so that lifecycle rules select by prefix', () => {
    expect(manifestKey({ plan: 'nightly', database: 'my db', id: '20261122T020000Z-7f3a' })).toBe(
      'nightly/my%20db/20261122T020000Z-7f3a/manifest.json',
    );
  });
});

describe('a backup id', () => {
  it('is the UTC second and a tail, without colons', () => {
    expect(backupId(new Date('2026-11-22T02:00:00.999Z'), '7f3a')).toBe('20261122T020000Z-7f3a');
  });

  it('is told from everything else', () => {
    expect(isBackupId('20261122T020000Z-7f3a')).toBe(true);
    for (const other of [
      'latest',
      '20261122T020000Z',
      '20261122T020000Z-7F3A',
      '20261122T020000Z-7f3a/x',
      'x20261122T020000Z-7f3a',
    ])
      expect(isBackupId(other)).toBe(false);
  });

  it('sorts by time', () => {
    const time = fc.date({
      min: new Date('2000-01-01'),
      max: new Date('2099-12-31'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(time, time, (one, other) => {
        const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
        fc.pre(seconds(one) < seconds(other));
        expect(backupId(one, 'ffff') < backupId(other, '0000')).toBe(true);
      }),
    );
  });

  it('gives its time back, and nothing for a day that does not exist', () => {
    expect(parseBasicTime('20261122T020000Z-7f3a')).toEqual(new Date('2026-11-22T02:00:00Z'));
    expect(parseBasicTime('20261399T020000Z')).toBeUndefined();
    expect(parseBasicTime('nonsense')).toBeUndefined();
  });
});

describe('a table name', () => {
  it('comes back from its quoted form', () => {
    fc.assert(
      fc.property(anyName, anyName, (schema, name) => {
        expect(parseTableName(quoteTable({ schema, name }))).toEqual({ schema, name });
      }),
    );
  });

  it('is shown as short as it can be', () => {
    expect(showTable({ schema: 'public', name: 'users' })).toBe('users');
    expect(showTable({ schema: 'public', name: 'Users' })).toBe('"Users"');
    expect(showTable({ schema: 'a b', name: 'x"y' })).toBe('"a b"."x""y"');
  });

  it('is not found in text that is none', () => {
    for (const text of ['', '.', 'a.', '.b', 'a.b.c', '"a', 'a"b'])
      expect(parseTableName(text)).toBeUndefined();
  });
});
