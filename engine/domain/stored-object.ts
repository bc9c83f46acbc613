import { z } from 'zod';
import { OBJECT_ROLES } from './object-name.ts';

const count = z.int().nonnegative();

export const tableName = z.looseObject({ schema: z.string(), name: z.string() });

/** One stored object: one volume of one stream. */
export const objectSchema = z.looseObject({
  key: z
    .string()
    .regex(/^[A-Za-z0-9_%-][A-Za-z0-9_%.-]*$/)
    .describe('Name of the object below the prefix of the set.'),
  role: z.enum(OBJECT_ROLES),
  volume: count.describe('Place of this volume in its stream, from 1.'),
  of: count.describe('Volumes of the stream.'),
  codec: z
    .literal('zstd')
    .describe('How the stream was compressed before it was cut into volumes.'),
  plaintextBytes: count.describe(
    'Bytes of the stream before compression; of the whole stream, on its first volume, 0 on the others.',
  ),
  storedBytes: count.describe('Bytes of the object as it is stored.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('SHA-256 of the object as it is stored.'),
  table: tableName.optional().describe('Of a part: the table its rows belong to.'),
  range: z
    .looseObject({ from: z.string(), to: z.string().nullable() })
    .optional()
    .describe('Of a part: its ctid range, the last one open.'),
  rows: count.optional().describe("Of a part: COPY's own count."),
  columns: z.array(z.string()).optional().describe('Of a part: the columns in the order of COPY.'),
});
