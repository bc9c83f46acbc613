import { z } from 'zod';
import { cronMistake, isTimeZone } from './cron.ts';
import { durationSchema } from './duration.ts';
import { name } from './texts.ts';

const keptFor = durationSchema.refine((seconds) => seconds > 0, {
  message: 'keeps no set at all; the shortest is 1s',
});

export const keepSchema = z
  .union([
    keptFor.transform((forSeconds) => ({ for: forSeconds, atLeast: 1 })),
    z.strictObject({
      for: keptFor.describe('How long a set is kept.'),
      atLeast: z
        .int()
        .min(1)
        .default(1)
        .describe('How many younger proven sets must exist before one is released.'),
    }),
  ])
  .describe('How long sets are kept: 30d, or { for: 30d, atLeast: 2 }.');

const repositoryOfPlan = z.union([
  name.transform((text) => ({ name: text, keep: undefined })),
  z.strictObject({
    name: name.describe('A repository of the config.'),
    keep: keepSchema
      .optional()
      .describe("How long sets are kept there, where it differs from the plan's keep."),
  }),
]);

export const scheduleSchema = z.string().superRefine((text, context) => {
  const mistake = cronMistake(text);
  if (mistake !== undefined) context.addIssue({ code: 'custom', message: mistake });
});

export const timezoneSchema = z.string().refine(isTimeZone, {
  message: 'is not a time zone of the IANA database, such as Europe/Vienna',
});

export const planSchema = z
  .strictObject({
    kind: z
      .literal('logical', { error: 'expected "logical" or "snapshot"' })
      .default('logical')
      .describe(
        'logical: pg_dump under one snapshot. snapshot: of the RDS server, taken by the stack; it has only the settings that docs/CONFIG.md names.',
      ),
    databases: z
      .union([z.literal('all'), z.array(name).min(1)])
      .default('all')
      .describe('Names of databases, or all.'),
    source: z
      .enum(['primary', 'replica'])
      .default('primary')
      .describe('replica: dump from the standby that the database names.'),
    maxLag: durationSchema
      .prefault('10m')
      .describe(
        'How far the standby may be behind its primary; where it is further behind, the run fails and can be tried again.',
      ),
    schedule: scheduleSchema
      .optional()
      .describe('When the plan runs: a cron expression with five fields.'),
    timezone: timezoneSchema.default('UTC').describe('IANA time zone of the schedule.'),
    maxAge: durationSchema
      .optional()
      .describe(
        '`check` reports the plan as late when its newest set is older; default: the longest gap of the schedule plus 2 h.',
      ),
    keep: keepSchema.prefault('30d'),
    repositories: z
      .array(repositoryOfPlan)
      .min(1)
      .optional()
      .describe(
        'The repositories it writes to: all of them, or the run fails; default: the only one.',
      ),
    contents: z
      .enum(['all', 'schema', 'data'])
      .default('all')
      .describe('all, the schema only, or the data only.'),
    tables: z
      .array(name)
      .min(1)
      .optional()
      .describe('Only the rows of these tables, and the whole schema.'),
    excludeTables: z
      .array(name)
      .min(1)
      .optional()
      .describe('Leave out the rows of these tables, but not their definitions.'),
    label: z.string().max(200).optional().describe('Free text, stored in the manifest.'),
    lockWait: durationSchema
      .prefault('6h')
      .describe("How long a run waits for another plan's run on the same database."),
    lockWaitTimeout: durationSchema
      .prefault('60s')
      .describe('How long to wait for the lock of a table before the run fails.'),
    giveWayAfter: durationSchema
      .prefault('30s')
      .describe(
        'How long sessions of the application may wait behind the dump before the dump yields to them.',
      ),
    stallTimeout: durationSchema
      .prefault('5m')
      .describe(
        'How long a connection, a program, a bucket or a disk may transfer nothing before it counts as frozen, unless the server works on a statement; the server drops a dead connection 60 s later. Commands other than backup take the longest of all plans, or 5 minutes without plans.',
      ),
  })
  .refine((plan) => !(plan.tables && plan.excludeTables), {
    message: 'takes tables or excludeTables, not both',
  });

export type PlanConfig = z.output<typeof planSchema>;
export type KeepConfig = z.output<typeof keepSchema>;
