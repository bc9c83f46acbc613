import { z } from 'zod';
import type { Access } from '../access/access-table.ts';

const count = z.int().nonnegative();

/** Who else read what the sets hold, by the trails of a stack. */
export const accessEvidenceSchema = z.object({
  files: count.describe('Files of CloudTrail that were read.'),
  oursCalls: count.describe('Calls by the roles of Holdfast that have to read.'),
  others: z
    .array(
      z.object({
        principal: z.string(),
        session: z.string().nullable(),
        action: z.string(),
        database: z.string().nullable(),
        set: z.string().nullable(),
        from: z.string().nullable(),
        calls: count,
        error: z
          .string()
          .nullable()
          .describe('Why the calls were refused; null where they were not.'),
        first: z.iso.datetime(),
        last: z.iso.datetime(),
      }),
    )
    .describe('Calls by anybody else.'),
  missing: z.array(z.string()).describe('What of the trails could not be read.'),
});

export type AccessEvidence = z.output<typeof accessEvidenceSchema>;

/** What was read in a month, and what of the trails is missing. */
export interface ReadTrails {
  accesses: readonly Access[];
  files: number;
  unreadable: readonly { bucket: string; key: string; why: string }[];
  failures: readonly { bucket: string; error: { message: string } }[];
}

export function accessEvidence({
  accesses,
  files,
  unreadable,
  failures,
}: ReadTrails): AccessEvidence {
  const ours = accesses.filter(({ isOurs }) => isOurs);
  return {
    files,
    oursCalls: ours.reduce((sum, { calls }) => sum + calls, 0),
    others: accesses
      .filter(({ isOurs }) => !isOurs)
      .map(({ principal, session, action, set, from, calls, error, first, last }) => ({
        ...{ principal, session, action, from, calls, error },
        ...{ first: iso(first), last: iso(last) },
        ...{ database: set?.database ?? null, set: set?.id ?? null },
      })),
    missing: [
      ...unreadable.map(({ bucket, key, why }) => `${key} in ${bucket} ${why}`),
      ...failures.map(({ bucket, error }) => `${bucket}: ${error.message}`),
    ],
  };
}

function iso(time: string): string {
  return new Date(time).toISOString();
}
