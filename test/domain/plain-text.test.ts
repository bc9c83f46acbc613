import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertMessage } from '../../engine/domain/alert-message.ts';
import { digestMessage } from '../../engine/domain/digest.ts';
import { type DrillReport, renderDrillReport } from '../../engine/domain/drill-report.ts';
import { jsonText, plainLine, plainLines } from '../../engine/domain/text/plain-text.ts';

/** Written here a second time, as ranges, so that the filter is not compared with itself. */
const DANGEROUS = new RegExp(
  '[\\x00-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e' +
    '\\u2060-\\u206f\\u3164\\ufeff]',
  'u',
);

/** Text with what forges and hides lines, between harmless characters. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r', '\t', '\b', '\x1b[2K', '\x9b1A', '\x7f', '\u202e', '\u2066'),
      fc.constantFrom('\u200b', '\u200d', '\ufeff', '\u2028', '\u2029', '\u0085', '\ud800', '✓ ok'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('text that others wrote', () => {
  it('is one line without a hidden character, whatever it holds', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(plainLine(text)).not.toMatch(DANGEROUS);
        expect(plainLine(text).isWellFormed()).toBe(true);
        expect(plainLines(text).replaceAll('\n', '')).not.toMatch(DANGEROUS);
      }),
    );
  });

  it('keeps the letters of every script, and emoji', () => {
    for (const text of ['clinic', 'Größe', 'база', '数据库', 'مرضى', '❤️', 'a\\n'])
      expect(plainLine(text)).toBe(text);
  });

  it('shows what it hides', () => {
    expect(plainLine('a\nb\u202ec\x1b[2K')).toBe('a\\nb\\u{202e}c\\u{1b}[2K');
  });

  it('is exact in JSON, which shows no hidden character either', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const json = jsonText({ [text]: [text] }, { indent: 2 });
        expect(JSON.parse(json)).toEqual({ [text]: [text] });
        expect(json.replaceAll('\n', '')).not.toMatch(DANGEROUS);
      }),
    );
  });

  it('adds no line to the report of a drill', () => {
    const lines = renderDrillReport(reportWith('x')).split('\n').length;
    fc.assert(
      fc.property(hostileText, (text) => {
        const shown = renderDrillReport(reportWith(text));
        expect(shown.split('\n')).toHaveLength(lines);
        expect(shown.replaceAll('\n', '')).not.toMatch(DANGEROUS);
      }),
    );
  });

  it('adds no line to an alert or to the digest', () => {
    const [lines, weekly] = [alertWith('x'), digestWith('x')].map(
      ({ text }) => text.split('\n').length,
    );
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const [message, count] of [
          [alertWith(text), lines],
          [digestWith(text), weekly],
        ] as const) {
          expect(message.text.split('\n')).toHaveLength(count ?? 0);
          expect(message.text.replaceAll('\n', '')).not.toMatch(DANGEROUS);
          expect(message.subject).not.toMatch(DANGEROUS);
        }
      }),
    );
  });
});

const AT = new Date('2025-11-01T14:30:00Z');

function reportWith(text: string): DrillReport {
  return {
    ...{ schemaVersion: 1, date: '2025-11-01', tester: text, host: text },
    backup: {
      ...{ id: '20251101T020000Z-7f3a', plan: text, database: text },
      ...{ startedAt: '2025-11-01T02:00:00.000Z', storedBytes: 1, repository: text },
    },
    ...{ isIsolated: true, testDatabase: text, serverVersion: '17.12' },
    ...{ startedAt: AT.toISOString(), completedAt: AT.toISOString() },
    ...{ restoreSeconds: 135, durationSeconds: 140 },
    tables: [{ schema: text, name: text, expected: 1, found: 1, isEqual: true }],
    checks: [{ name: text, passed: true, detail: text }],
    exceptions: [{ type: 'INDEX', schema: text, name: text, lacks: text }],
    ...{ result: 'FAIL', notes: [text] },
  };
}

function alertWith(text: string) {
  const problem = { key: 'k', severity: 'critical' as const, title: text, detail: text };
  const alert = { ...problem, since: AT, hint: text, kind: 'problem' as const };
  const origin = { project: text, host: text, config: '/etc/holdfast.yaml', at: AT };
  return alertMessage([alert], { ...origin, open: [{ ...problem, since: AT, hint: null }] });
}

function digestWith(text: string) {
  const origin = { project: text, host: text, config: text, command: 'holdfast check' };
  const problem = { key: 'k', severity: 'critical' as const, title: text, detail: text };
  return digestMessage(
    [{ plan: text, database: text, newest: undefined, provenAt: undefined, drilledAt: undefined }],
    {
      ...{ ...origin, at: AT, findings: [], problems: [{ ...problem, since: AT, hint: null }] },
      snapshots: [{ plan: text, database: text, newest: undefined }],
    },
  );
}
