import { beforeAll, describe, expect, it } from 'vitest';
import { ENV } from '../../engine/contract.ts';
import { EXIT, exitStatusOf } from '../../engine/domain/exit-status.ts';
import { ERROR_CODES, type ErrorCode, HoldfastError } from '../../engine/errors.ts';
import { codeBlocks, readDocument, sectionOf, tableRows } from '../fixtures/document.ts';
import { compareWithPromise, promisedFields } from '../fixtures/promised-fields.ts';

describe('docs/SCRIPTING.md', () => {
  let document: string;

  beforeAll(async () => {
    document = await readDocument('docs/SCRIPTING.md');
  });

  it('has every error code with its meaning, and no other', () => {
    const rows = tableRows(sectionOf(document, '## Error codes'));
    expect(Object.fromEntries(rows.map(([code, meaning]) => [code, meaning]))).toEqual(ERROR_CODES);
    expect(rows).toHaveLength(Object.keys(ERROR_CODES).length);
  });

  it('has the exit statuses of each code', () => {
    for (const [code, , statuses] of tableRows(sectionOf(document, '## Error codes'))) {
      const found = [false, true].map((retryable) =>
        exitStatusOf(new HoldfastError({ code: code as ErrorCode, message: '', retryable })),
      );
      expect(statuses, code).toBe([...new Set(found)].join(' or '));
    }
  });

  it('has every exit status', () => {
    const statuses = tableRows(sectionOf(document, '## Exit statuses')).map(([status]) =>
      Number(status),
    );
    expect(statuses).toEqual(Object.values(EXIT));
  });

  it('has every variable of the environment', () => {
    const names = tableRows(sectionOf(document, '## Environment')).map(([name]) => name);
    expect(names.sort()).toEqual(Object.values(ENV).sort());
  });

  it('shows examples that keep its own promise', () => {
    const headings = [...document.matchAll(/^### .*$/gm)].map(([heading]) => heading);
    expect(headings.length).toBeGreaterThan(12);
    for (const heading of headings) {
      const section = sectionOf(document, heading);
      const examples = codeBlocks(section).map(({ text }) => JSON.parse(text) as unknown);
      expect(examples, heading).not.toEqual([]);
      for (const example of examples)
        expect(compareWithPromise(example, promisedFields(section)).complaints, heading).toEqual(
          [],
        );
    }
  });
});
