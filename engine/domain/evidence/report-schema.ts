import { z } from 'zod';
import { accessEvidenceSchema } from './access-evidence.ts';
import { reportedAlertSchema } from './alert-evidence.ts';
import { standingSchema } from './standing-schema.ts';

const time = z.iso.datetime();
const count = z.int().nonnegative();
const seconds = z.number().nonnegative();
const actor = z.object({ type: z.string(), name: z.string(), host: z.string() });

const planSchema = z.object({
  plan: z.string(),
  schedule: z.string().nullable(),
  timezone: z.string(),
  keepSeconds: count,
  databases: z.array(z.string()),
  repositories: z.array(z.string()),
});

export const RUN_OUTCOMES = [
  'taken',
  'late',
  'suspect',
  'failed',
  'missed',
  'pending',
  'before-plan',
] as const;

const runSchema = z.object({
  number: count.min(1).describe('Place in the series, from 1, without a gap.'),
  dueAt: time,
  outcome: z
    .enum(RUN_OUTCOMES)
    .describe(
      'taken; late: more than 2 h after it was due; suspect: a verification or a drill speaks against the set; failed: it ran and left no set; missed: nothing shows that it ran; pending: it may still run; before-plan: due by the schedule, before the first sign of the plan.',
    ),
  set: z.string().nullable(),
  startedAt: time.nullable(),
  errorCode: z.string().nullable(),
});

const seriesSchema = z.object({
  plan: z.string(),
  database: z.string(),
  schedule: z.string(),
  timezone: z.string(),
  firstSign: time
    .nullable()
    .describe('The earliest set or record of the series, where that is in the month.'),
  hasSign: z.boolean().describe('Whether any set or record of the series was found.'),
  counts: z.record(z.enum(RUN_OUTCOMES), count),
  runs: z.array(runSchema),
  others: z
    .array(z.object({ set: z.string(), startedAt: time, why: z.string() }))
    .describe(
      'Sets that no run accounts for: more than one of a run, or less than the plan takes.',
    ),
});

const setSchema = z.object({
  id: z.string(),
  plan: z.string(),
  startedAt: time,
  seconds: seconds.nullable(),
  rows: count.nullable(),
  storedBytes: count.nullable(),
  plaintextBytes: count.nullable(),
  state: z.string().describe('As the marks name it; RELEASED where retention removed it since.'),
  isHeld: z.boolean(),
  repositories: z.array(z.string()),
  problem: z.string().nullable(),
});

const databaseSchema = z.object({
  database: z.string(),
  sets: z.array(setSchema),
  newest: z.object({ id: z.string(), ageSeconds: seconds }).nullable(),
  proven: z.object({ id: z.string(), provenAt: time, ageSeconds: seconds }).nullable(),
  provenInMonth: count,
  rpo: z
    .looseObject({
      seconds: seconds.describe('The longest time whose changes a failure would have lost.'),
      from: time,
      to: time,
    })
    .nullable(),
});

const drillSchema = z.object({
  database: z.string(),
  set: z.string(),
  isRehearsal: z
    .boolean()
    .default(false)
    .describe('The drill was recorded as the yearly full rehearsal of a recovery.'),
  completedAt: time,
  result: z.string(),
  tester: z.string(),
  host: z.string(),
  restoreSeconds: seconds,
  durationSeconds: seconds,
  tables: count,
  tablesEqual: count,
  checks: count,
  checksFailed: z.array(z.string()),
  exceptions: z.array(z.string()),
  notes: z.array(z.string()),
  repository: z.string(),
  report: z.string(),
  receipt: z.enum(['verified', 'bad', 'none']),
});

const failureSchema = z.object({
  operation: z.string(),
  plan: z.string().nullable(),
  database: z.string().nullable(),
  set: z.string().nullable(),
  at: time,
  status: z.string(),
  code: z.string().nullable(),
  message: z.string().nullable(),
  mendedBy: z.object({ record: z.string(), at: time, set: z.string().nullable() }).nullable(),
});

const actSchema = z.object({
  operation: z.string(),
  database: z.string().nullable(),
  set: z.string().nullable(),
  target: z.string().nullable(),
  at: time,
  by: z.string(),
  status: z.string(),
  notes: z.string().nullable(),
});

const releaseSchema = z.object({
  database: z.string().nullable(),
  set: z.string(),
  at: time,
  by: z.string(),
  why: z.string().nullable(),
  bytes: count.nullable(),
});

const disposalSchema = z.object({
  database: z.string().nullable(),
  set: z.string(),
  repository: z.string(),
  goneAt: time,
  releasedAt: time.nullable(),
  releasedBy: z.string().nullable(),
  why: z.string(),
  objects: count.nullable(),
  bytes: count.nullable(),
  keys: z.array(z.string()).nullable().describe('What it was encrypted for.'),
  manifest: z.string().nullable().describe('SHA-256 of what the seal of its manifest covered.'),
});

const ledgerSchema = z.object({
  repository: z.string(),
  entries: count,
  sealedUntil: time.nullable(),
  unsealed: count,
  problems: z.array(z.string()),
});

export const CHECKLIST_ANSWERS = ['shown', 'partly shown', 'not shown'] as const;

const checklistSchema = z.object({
  guide: z.string(),
  lines: z.array(
    z.object({
      line: z.string(),
      answer: z.enum(CHECKLIST_ANSWERS),
      evidence: z.string(),
    }),
  ),
});

export const reportSchema = z.object({
  schemaVersion: z.literal(1),
  id: z.string(),
  project: z.string(),
  month: z.string(),
  from: time,
  to: time,
  isComplete: z.boolean().describe('Whether the month was over when the report was made.'),
  generatedAt: time,
  generatedBy: actor,
  holdfastVersion: z.string(),
  repositories: z.array(
    z.object({ name: z.string(), location: z.string(), isRemote: z.boolean() }),
  ),
  plans: z.array(planSchema),
  changes: z.array(z.string()).describe('What shows that the config was changed.'),
  series: z.array(seriesSchema),
  databases: z.array(databaseSchema),
  drills: z.array(drillSchema),
  rehearsedAt: time
    .nullable()
    .default(null)
    .describe('End of the newest full rehearsal before the month ended; null without one.'),
  objectives: z.object({
    rtoSeconds: seconds.nullable(),
    rpoSeconds: seconds.nullable(),
    proposedRestoreSeconds: seconds,
  }),
  failures: z.array(failureSchema),
  releases: z.array(releaseSchema),
  disposals: z
    .array(disposalSchema)
    .describe('Certificates of the sets of which nothing was left in the month.'),
  acts: z.array(actSchema).describe('What people did besides backups, verifications and drills.'),
  records: z.object({
    total: count,
    byOperation: z.record(z.string(), count),
    unreadable: z.array(z.object({ repository: z.string(), key: z.string() })),
    clocks: z.array(z.string()).describe('Times that can not be right.'),
  }),
  ledgers: z.array(ledgerSchema).describe('Of each repository that has one.'),
  standing: standingSchema.nullable(),
  alerts: z
    .array(reportedAlertSchema)
    .default([])
    .describe('Of the check of a stack; on a machine nothing keeps them.'),
  accesses: accessEvidenceSchema.nullable().default(null).describe('Null where no trail was read.'),
  checklists: z.array(checklistSchema),
  notShown: z.array(z.string()).describe('What this report says nothing about.'),
});

export type EvidenceReport = z.output<typeof reportSchema>;
export type ReportedPlan = z.output<typeof planSchema>;
export type ReportedRun = z.output<typeof runSchema>;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];
export type RunSeries = z.output<typeof seriesSchema>;
export type ReportedDatabase = z.output<typeof databaseSchema>;
export type ReportedSet = z.output<typeof setSchema>;
export type ReportedDrill = z.output<typeof drillSchema>;
export type ReportedFailure = z.output<typeof failureSchema>;
export type ReportedAct = z.output<typeof actSchema>;
export type ReportedRelease = z.output<typeof releaseSchema>;
export type ReportedDisposal = z.output<typeof disposalSchema>;
export type LedgerEvidence = z.output<typeof ledgerSchema>;
export type Checklist = z.output<typeof checklistSchema>;
