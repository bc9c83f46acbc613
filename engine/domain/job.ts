import { z } from 'zod';
import { THAW_TIERS } from './thaw-estimate.ts';

const name = z.string().min(1);
const time = z.iso.datetime();

const common = {
  /** The execution of the state machine that started the task. */
  execution: name.optional(),
  scheduledFor: time.optional(),
  /** Of `remote`: the principal that asked, as its own command found out. Nothing here proves it; docs/AUDIT.md says what does. */
  requestedBy: z.string().min(1).max(2048).optional(),
};

/** Whose the set is, where the caller knows; a set is named by its id or as a person names one. */
const ofSet = { set: name, plan: name.optional(), database: name.optional() };

const backupJob = z.strictObject({
  operation: z.literal('backup'),
  plan: name,
  database: name,
  ...common,
  options: z
    .strictObject({ label: z.string().max(200).optional(), hold: z.boolean().optional() })
    .optional(),
});

const verifyJob = z.strictObject({
  operation: z.literal('verify'),
  ...ofSet,
  ...common,
  /** A cold set is not read; its objects are inspected instead, as `verify --rotate` does. */
  inspectsCold: z.boolean().optional(),
});

const drillJob = z.strictObject({
  operation: z.literal('drill'),
  ...ofSet,
  ...common,
  options: z
    .strictObject({
      tester: name.optional(),
      notes: z.string().optional(),
      rehearsal: z.boolean().optional(),
      /** A database of the config, or the ARN of a secret: then the task is one that restores. */
      on: name.optional(),
    })
    .optional(),
});

const restoreJob = z.strictObject({
  operation: z.literal('restore'),
  ...ofSet,
  ...common,
  options: z.strictObject({
    to: name,
    create: z.boolean().optional(),
    contents: z.enum(['all', 'schema', 'data']).optional(),
    roles: z.boolean().optional(),
    noOwner: z.boolean().optional(),
    dryRun: z.boolean().optional(),
    overwrite: name.optional(),
    endSessions: z.boolean().optional(),
    keepGoing: z.boolean().optional(),
    thaw: z.enum(THAW_TIERS).optional(),
    tables: z.array(z.strictObject({ name, as: name.optional() })).optional(),
  }),
});

const checkJob = z.strictObject({ operation: z.literal('check'), ...common });

/** What a task is to do: HOLDFAST_JOB, made by start-run, record-outcome and `remote`. */
export const jobSchema = z.discriminatedUnion('operation', [
  backupJob,
  verifyJob,
  drillJob,
  restoreJob,
  checkJob,
]);

export type Job = z.output<typeof jobSchema>;
export type JobOf<Operation extends Job['operation']> = Extract<Job, { operation: Operation }>;

/** The name of a job's set that no other set has: two databases may draw one id in the same second. */
export function setNameOf({
  set,
  plan,
  database,
}: {
  set: string;
  plan?: string | undefined;
  database?: string | undefined;
}): string {
  const isNamed =
    plan !== undefined && database !== undefined && !`${plan}${database}${set}`.includes('/');
  return isNamed ? `${database}/${plan}/${set}` : set;
}
