import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../engine/errors.ts';
import { anchorOf, ROOT, readDocument, sectionOf, tableRows } from '../fixtures/document.ts';

/** What people look for, as backup guides and scripts call it. */
const COMMON = [
  'Backup takes too long',
  'Insufficient disk space',
  'Permission denied',
  'Restore fails with dependency errors',
  'Backup file corrupted',
  'Password authentication failed',
  'Backup fails',
  'Restore fails',
  'Cron not running',
];

/** All that the programs may print, without the breaks between pieces of a text. */
function sources(): string {
  const files = ['engine', 'cli'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter(({ name }) => name.endsWith('.ts') && name !== 'errors.ts')
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
  );
  return files.join('\n').replaceAll("\\'", "'");
}

describe('docs/TROUBLESHOOTING.md', () => {
  let document: string;

  beforeAll(async () => {
    document = await readDocument('docs/TROUBLESHOOTING.md');
  });

  it('has a section for each common problem: what to do, then why', () => {
    for (const title of COMMON) {
      const section = sectionOf(document, `### ${title}`);
      expect(section, title).toMatch(/^1\. /m);
      expect(section.indexOf('1. '), title).toBeLessThan(section.indexOf('Why: '));
    }
  });

  it('has a section for every error code, and no other', () => {
    const codes = [...document.matchAll(/^#### (.*)$/gm)].map(([, code]) => code);
    expect(codes.toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
  });

  it('says of every code what is printed, what to do, and why', () => {
    for (const code of Object.keys(ERROR_CODES)) {
      const section = sectionOf(document, `#### ${code}`);
      expect(section, code).toMatch(/^> `/m);
      expect(section, code).toMatch(/^Do: /m);
      expect(section, code).toMatch(/^Why: /m);
    }
  });

  it('shows only texts that the programs print', () => {
    const printed = sources();
    for (const [, line = ''] of document.matchAll(/^> (.*)$/gm)) {
      const pieces = line
        .split(/`|…/)
        .map((piece) => piece.trim())
        .filter((piece) => /\w{2}/.test(piece));
      expect(pieces, line).not.toEqual([]);
      for (const piece of pieces)
        expect(printed.includes(piece), `"${piece}" of ${line}`).toBe(true);
    }
  });

  it('has a row for every heading of the runbook, with a link to it', async () => {
    const runbook = await readDocument('docs/RUNBOOK.md');
    const headings = [...runbook.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);
    const rows = tableRows(sectionOf(document, '## Alarms of the AWS stack'));
    expect(rows.map(([link]) => link).toSorted()).toEqual(
      headings.map((heading) => `[${heading}](RUNBOOK.md#${anchorOf(heading)})`).toSorted(),
    );
    for (const row of rows) for (const cell of row) expect(cell, row[0]).not.toBe('');
  });

  it('names only alarms that the stack has', () => {
    const named = readdirSync(join(ROOT, 'lib/runner')).flatMap((name) => {
      const source = readFileSync(join(ROOT, 'lib/runner', name), 'utf8');
      return [...source.matchAll(/(?:name: |names\.of\()['`]([^'`]+)['`]/g)].map(
        ([, found = '']) => new RegExp(`^${found.replaceAll(/\$\{\w+\}/g, '[a-z]+')}$`),
      );
    });
    const rows = tableRows(sectionOf(document, '## Alarms of the AWS stack'));
    const alarms = rows.flatMap(([, printed = '']) =>
      [...(/alarms? (.*)$/.exec(printed)?.[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(
        ([, name = '']) => name,
      ),
    );
    expect(alarms.length).toBeGreaterThan(10);
    for (const alarm of alarms)
      expect(
        named.some((pattern) => pattern.test(alarm)),
        alarm,
      ).toBe(true);
  });
});
