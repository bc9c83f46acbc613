import { z } from 'zod';
import { TASK_SIZES } from '../contract.ts';
import { caughtSchema } from './task-end.ts';
import type { TaskOutcome } from './task-outcome.ts';
import type { TaskSize } from './task-size.ts';

export const RUN_STAGES = ['backup', 'verify', 'drill', 'reread'] as const;
/** `reread`: an old set is verified again, beside the runs of its plan. */
export type RunStage = (typeof RUN_STAGES)[number];

/** What a state machine tells record-outcome of one task that ended. */
export const outcomeReportSchema = z.looseObject({
  stage: z.enum(RUN_STAGES),
  /** Null of drills, which are of no plan. */
  plan: z.string().nullable(),
  database: z.string(),
  scheduledFor: z.iso.datetime().nullish(),
  execution: z.string().nullish(),
  size: z.enum(TASK_SIZES),
  attempt: z.int().min(1),
  /** HOLDFAST_JOB of the task. */
  job: z.string(),
  end: z.looseObject({ task: z.unknown().optional(), caught: caughtSchema.nullish() }),
});

export type OutcomeReport = z.output<typeof outcomeReportSchema>;

/** What record-outcome answers; every field is always there, because a path of a state machine fails where there is none. */
export interface RecordedOutcome extends TaskOutcome {
  /** The set that was made or looked at. */
  set: string | null;
  /** HOLDFAST_JOB of the task that verifies it; after a backup that is done. */
  verifyJob: string | null;
  /** HOLDFAST_JOB of the task that drills it, and the size of that task; after a verification, where sets are drilled then. */
  drillJob: string | null;
  drillSize: TaskSize | null;
}
