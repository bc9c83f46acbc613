import type { TocEntry } from '../../domain/archive-toc.ts';
import type { Session } from '../session.ts';
import { encodeBytes } from './lossless-text.ts';

/** The encoding of an archive's texts and rows, by PostgreSQL's name for it. */
export function encodingOf(toc: readonly TocEntry[]): string {
  const entry = toc.find(({ type }) => type === 'ENCODING');
  return /'(\w+)'/.exec(entry?.definition ?? '')?.[1] ?? 'UTF8';
}

/**
 * A text of an archive as the session sends it. The server knows all of its encodings.
 * @throws HoldfastError INTERNAL with the SQLSTATE of the server, where the text is not in this encoding.
 */
export async function decodeArchiveText(
  session: Session,
  text: string,
  encoding: string,
): Promise<string> {
  if (/^\p{ASCII}*$/u.test(text)) return text;
  const { decoded } = await session.queryOne<{ decoded: string }>(
    'SELECT pg_catalog.convert_from($1, $2) AS decoded',
    [encodeBytes(text), encoding],
  );
  return decoded;
}

/** Whether a backslash in a literal of the archive stands for itself, as the SQL standard has it. */
export function hasPlainBackslashes(toc: readonly TocEntry[]): boolean {
  return !toc.some(({ type, definition }) => type === 'STDSTRINGS' && /'off'/.test(definition));
}
