import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { z } from 'zod';
import { type TrailRecord, trailRecordSchema } from '../../domain/access/trail-record.ts';

/** CloudTrail begins another file long before; what is larger is none of its files. */
const LARGEST_FILE_BYTES = 512 * 1024 * 1024;

const fileSchema = z.looseObject({ Records: z.array(z.unknown()) });

/** The records of one file, or why it has none: what is wrong with it must not hide the other files. */
export async function readTrailFile(
  bytes: Uint8Array,
): Promise<{ records: TrailRecord[]; fault: string | null }> {
  const text = await promisify(gunzip)(bytes, { maxOutputLength: LARGEST_FILE_BYTES }).then(
    (content) => content.toString('utf8'),
    () => undefined,
  );
  if (text === undefined) return { records: [], fault: 'is cut or no gzip file' };
  const listed = fileSchema.safeParse(parsed(text));
  if (!listed.success) return { records: [], fault: 'is no file of CloudTrail' };
  const read = listed.data.Records.map((record) => trailRecordSchema.safeParse(record));
  const records = read.flatMap(({ data }) => (data === undefined ? [] : [data]));
  const missing = read.length - records.length;
  return { records, fault: missing === 0 ? null : `has ${missing} records that can not be read` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
