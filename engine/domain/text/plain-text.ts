/**
 * Characters that a terminal obeys or that nobody sees: control characters (C0, C1, DEL), line and
 * paragraph separators, bidirectional overrides and isolates, zero-width characters, lone surrogates.
 * Variation selectors stay, because they only choose between two looks of the character before them.
 */
const HIDDEN =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u{fff9}-\u{fffb}[\p{Default_Ignorable_Code_Point}--\p{Variation_Selector}]]/gv;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text that others wrote (names, labels, reasons, messages of a server) as one line, with every hidden
 * character written out: `\n`, `\u{202e}`. Such text can not add a line to a report, or hide one.
 */
export function plainLine(text: string): string {
  return text.replace(HIDDEN, writtenOut);
}

/** As plainLine, for text of several lines of ours: line breaks stay. */
export function plainLines(text: string): string {
  return text.replace(HIDDEN, (character) =>
    character === '\n' ? character : writtenOut(character),
  );
}

function writtenOut(character: string): string {
  return SHORT[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** A copy whose every text is a plain line, from which text for people is made. */
export function withPlainLines<T>(value: T): T {
  return plainValue(value) as T;
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'string') return plainLine(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (
    typeof value !== 'object' ||
    value === null ||
    Object.getPrototypeOf(value) !== Object.prototype
  )
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plainValue(part)]));
}

export interface JsonTextOptions {
  replacer?: (key: string, value: unknown) => unknown;
  indent?: number;
}

/** JSON that parses to exactly the value, and shows no hidden character where it is printed. */
export function jsonText(value: unknown, { replacer, indent }: JsonTextOptions = {}): string {
  const json = JSON.stringify(value, replacer, indent);
  return json.replace(HIDDEN, (character) => (character === '\n' ? character : escaped(character)));
}

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
