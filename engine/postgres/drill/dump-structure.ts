import { Readable } from 'node:stream';
import type { TocEntry } from '../../domain/archive-toc.ts';
import { readTocOfStream } from '../archive/read-toc.ts';
import { dumpSchema, type SchemaOptions } from '../dump.ts';

/** What pg_dump says of a database without its rows, as of a backup's schema archive. @throws HoldfastError DUMP_FAILED. */
export async function dumpStructure(
  options: Omit<SchemaOptions, 'snapshot' | 'lockWaitTimeoutSeconds'>,
): Promise<TocEntry[]> {
  const chunks: Uint8Array[] = [];
  // To its end, because only that shows that pg_dump went well.
  for await (const chunk of dumpSchema({ ...options, lockWaitTimeoutSeconds: 60 }))
    chunks.push(chunk);
  return readTocOfStream(Readable.from(chunks));
}
