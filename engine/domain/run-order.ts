import { z } from 'zod';

const name = z.string().min(1);
const scheduledFor = z.iso.datetime().describe('<aws.scheduler.scheduled-time>');

/** What a schedule asks start-run for: the run of a plan, or the drills of all databases. */
export const runOrderSchema = z.union([
  z.looseObject({ plan: name, scheduledFor }),
  z.looseObject({ operation: z.literal('drill'), scheduledFor }),
]);

export type RunOrder = z.output<typeof runOrderSchema>;

/** One database of a run. */
export interface RunItem {
  database: string;
  size: string;
  /** HOLDFAST_JOB of its task. */
  job: string;
}

/** Input of the state machines. */
export interface RunInput {
  /** Null of drills, which are of no plan. */
  plan: string | null;
  scheduledFor: string;
  databases: RunItem[];
}
