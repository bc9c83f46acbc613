import { z } from 'zod';

const time = z.iso.datetime();
const seconds = z.number().nonnegative();

const findingSchema = z.object({
  severity: z.string(),
  verdict: z.string(),
  plan: z.string().nullable(),
  database: z.string().nullable(),
  repository: z.string(),
  detail: z.string(),
  since: time.nullable(),
});

const scoreSchema = z.object({
  database: z.string(),
  copies: z.array(
    z.object({
      repository: z.string(),
      medium: z.string(),
      set: z.string().nullable(),
      state: z.string().nullable(),
      takenAt: time.nullable(),
      lockedUntil: time.nullable(),
      lastReadAt: time.nullable(),
      provenAt: time.nullable(),
    }),
  ),
  rpoSeconds: seconds.nullable(),
  rtoSeconds: seconds
    .nullable()
    .describe('How long a restore of the newest set would take, by the last drill and the sizes.'),
  copyCount: z.int(),
  offSite: z.array(z.string()),
  is321: z.boolean().nullable(),
  missing: z.array(z.string()),
  unknown: z.array(z.string()),
});

/** How things stood when the report was made. */
export const standingSchema = z.object({
  checkedAt: time,
  findings: z.array(findingSchema).describe('What was not ok.'),
  scorecard: z.array(scoreSchema),
});

export type Standing = z.output<typeof standingSchema>;
