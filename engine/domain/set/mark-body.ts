import { z } from 'zod';
import { parseDocument } from './parse-document.ts';

/** A mark names every exception of a drill; the largest have a few megabytes. */
export const MARK_LIMIT_BYTES = 16 * 1024 * 1024;

/** What a sealed mark says. */
export interface MarkBody {
  /** ISO 8601. */
  at: string;
  /** SHA-256 of what the seal of the manifest covers, in hexadecimal; null where the manifest was gone. */
  manifest: string | null;
  [name: string]: unknown;
}

const markSchema = z.looseObject({
  at: z.string(),
  manifest: z.string().nullable(),
  seal: z.base64().min(1),
});

/** The body and the seal of a mark; undefined where the content is not those. */
export function parseSealedMark(content: Uint8Array): { body: MarkBody; seal: Buffer } | undefined {
  const document = parseDocument(content);
  if ('fault' in document) return undefined;
  const parsed = markSchema.safeParse(document.value);
  if (!parsed.success) return undefined;
  const { seal, ...body } = parsed.data;
  const bytes = Buffer.from(seal, 'base64');
  // Bits behind the last byte are part of the file, too.
  return bytes.toString('base64') === seal ? { body, seal: bytes } : undefined;
}
