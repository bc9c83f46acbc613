import { plainLine } from '../text/plain-text.ts';

/** Text that others wrote, for a paragraph or a cell of a table: no character of it means anything to Markdown. */
export function markdownText(text: string): string {
  return plainLine(text).replaceAll(/[\\`*_[\]<>|&~#$]/g, '\\$&');
}

/** A name or a command within a line; the fence is longer than any run of backticks in it. */
export function codeSpan(text: string): string {
  const plain = plainLine(text);
  const runs = plain.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(0, ...runs.map(({ length }) => length)) + 1);
  const isOpen = plain.startsWith('`') || plain.endsWith('`') || plain.trim() === '';
  return isOpen ? `${fence} ${plain} ${fence}` : `${fence}${plain}${fence}`;
}

/** A code span in a table, where a pipe would end the cell. */
export function codeCell(text: string): string {
  return codeSpan(text).replaceAll('|', '\\|');
}

/** Lines as they are to be typed. */
export function codeBlock(lines: readonly string[], language: string): string {
  const runs = lines.flatMap((line) => line.match(/`+/g) ?? []);
  const fence = '`'.repeat(Math.max(2, ...runs.map(({ length }) => length)) + 1);
  return [`${fence}${language}`, ...lines, fence].join('\n');
}

/** @param rows cells that are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
