import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Beside the packed program, and beside the sources. */
const PLACES = ['../docs', '../../docs'];
const PAGE = 'RECOVER-WITHOUT-HOLDFAST.md';

/** The page that opens a set with public programs, for the end of a recovery plan; null where it was not installed. */
export async function recoveryPage(): Promise<string | null> {
  for (const place of PLACES) {
    const path = join(import.meta.dirname, place, PAGE);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return asAppendix(text);
  }
  return null;
}

/** Headings go one level down; the number of a step stays. */
function asAppendix(page: string): string {
  let isCode = false;
  const lines = page
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (line.startsWith('```')) isCode = !isCode;
      return !isCode && line.startsWith('#') ? `#${line}` : line;
    });
  return lines
    .join('\n')
    .replace(
      /^## .*$/m,
      (heading) => `## Appendix: ${heading.slice(3).toLowerCase().replace('holdfast', 'Holdfast')}`,
    );
}
