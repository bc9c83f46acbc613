import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { keepSchema, scheduleSchema, timezoneSchema } from './plan-schema.ts';
import { name } from './texts.ts';

/** A plan that the stack carries out in RDS: it makes no set, and so has neither repositories nor contents. */
export const snapshotPlanSchema = z.strictObject({
  kind: z.literal('snapshot').describe('snapshot: of the RDS server, taken by the stack.'),
  databases: z
    .union([z.literal('all'), z.array(name).min(1)])
    .default('all')
    .describe('Names of databases, or all; each names its RDS instance or cluster.'),
  schedule: scheduleSchema.describe('When the plan runs: a cron expression with five fields.'),
  timezone: timezoneSchema.default('UTC').describe('IANA time zone of the schedule.'),
  maxAge: durationSchema
    .optional()
    .describe('`check` calls the plan late when its newest snapshot is older.'),
  keep: keepSchema.prefault('30d'),
});

export type SnapshotPlanConfig = z.output<typeof snapshotPlanSchema>;
