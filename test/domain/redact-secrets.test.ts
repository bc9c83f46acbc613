import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditRecord } from '../../engine/domain/audit-record.ts';
import { limitTyped } from '../../engine/domain/text/limit-typed.ts';
import { redactSecrets } from '../../engine/domain/text/redact-secrets.ts';
import { HoldfastError } from '../../engine/errors.ts';

const PASSWORD = fc.stringMatching(/^[^\s]{1,20}$/);
const WORDS = fc.stringMatching(/^[a-z ]{0,20}$/);
const SCHEME = fc.constantFrom('postgresql', 'postgres', 'https', 'smtp', 's3', 'x');

describe('a password of a URL', () => {
  it('is in no error, whatever stands around it', () => {
    fc.assert(
      fc.property(SCHEME, PASSWORD, WORDS, (scheme, password, words) => {
        const secret = `q7${password}7q`;
        const text = `${words} "${scheme}://user:${secret}@host:5432/db" ${words}`;
        const { message, hint } = new HoldfastError({ code: 'USAGE', message: text, hint: text });
        expect([message, hint].join()).not.toContain(secret);
        expect(message).toContain('://user:…@host:5432/db');
      }),
    );
  });

  it('is not in the notes of an audit record', () => {
    const record = auditRecord(
      { operation: 'drill', plan: null, database: null, backup: null, target: null },
      { status: 'success', error: null, bytes: null, notes: 'from https://a:hush@b' },
      {
        ...{ id: 'x', repository: 'r', initiatedBy: { type: 'user', name: 'n', host: 'h' } },
        ...{ startedAt: new Date(0), completedAt: new Date(0) },
      },
    );
    expect(record.notes).toBe('from https://a:…@b');
  });

  it('leaves addresses without a password alone', () => {
    for (const text of [
      's3://bucket/prefix',
      'https://host:8080/path',
      'postgresql://user@host/db',
      'mail to a@b.example: see https://example.org',
    ])
      expect(redactSecrets(text)).toBe(text);
  });

  it('is taken out of connection strings, variables and options as well', () => {
    for (const text of ["host=a password='hu\\'sh' b", '?sslpassword=hush&a', 'PGPASSWORD=hush'])
      expect(redactSecrets(text)).not.toMatch(/hu/);
  });
});

describe('an answer', () => {
  it('repeats at most 200 characters of what was typed', () => {
    const word = 'x'.repeat(5000);
    expect(limitTyped(`no set "${word}" is there`, ['show', word])).toHaveLength(218);
    expect(limitTyped(`unknown option '--${word}'`, [`--${word}`]).length).toBeLessThan(230);
  });

  it('repeats no typed password, even one with blanks', () => {
    const url = 'postgresql://me:my hush pass@host/db';
    expect(limitTyped(`no set "${url}"`, [url])).toBe('no set "postgresql://me:…@host/db"');
  });
});
