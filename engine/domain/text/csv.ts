import { plainLine } from './plain-text.ts';

export type CsvCell = string | number | null;

/** A table as CSV (RFC 4180) with a header, for a spreadsheet. */
export function csvText(head: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [head, ...rows.map((row) => row.map(cell))].map((row) => `${row.join(',')}\r\n`).join('');
}

/**
 * What a spreadsheet may take for a formula: the characters that OWASP names
 * (https://owasp.org/www-community/attacks/CSV_Injection), also in full width and behind spaces.
 */
const FORMULA = /^[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20]/u;

/**
 * Texts are quoted whatever they hold, so that no other separator splits them; a text that looks
 * like a formula gets an apostrophe.
 */
function cell(value: CsvCell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = plainLine(value);
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}
