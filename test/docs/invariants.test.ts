import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

interface Invariant {
  line: string;
  file: string | undefined;
  title: string | undefined;
}

/** The entries of the list: a sentence, a dash, a test file and the title of the test in quotes. */
function invariants(): Invariant[] {
  const text = readFileSync(join(ROOT, 'docs/INVARIANTS.md'), 'utf8');
  const entries = text.match(/^- .*(?:\n {2}.*)*/gm) ?? [];
  return entries.map((entry) => {
    const line = entry.replaceAll(/\n */g, ' ');
    const [, file, title] = /— `?(test\/[^`:\s]+)`?: "(.+)"$/.exec(line) ?? [];
    return { line, file, title };
  });
}

describe('docs/INVARIANTS.md', () => {
  it('names a test that exists for each invariant', () => {
    const missing = invariants().filter(({ file, title }) => !isInFile(file, title));
    expect(missing.map(({ line }) => line)).toEqual([]);
  });
});

/** Titles stand in quotes of either kind in the source, and quotes inside them may be escaped. */
function isInFile(file: string | undefined, title: string | undefined): boolean {
  if (file === undefined || title === undefined || !existsSync(join(ROOT, file))) return false;
  return readFileSync(join(ROOT, file), 'utf8').replaceAll('\\', '').includes(title);
}
