import { z } from 'zod';

const name = z.string().min(1);
const scheduledFor = z.iso.datetime().describe('<aws.scheduler.scheduled-time>');

const rereadOrder = z.looseObject({ operation: z.literal('reread'), scheduledFor });

/** What a schedule asks start-run for: the run of a plan, the drills of all databases, or that old sets are read again. */
export const runOrderSchema = z.union([
  z.looseObject({ plan: name, scheduledFor }),
  z.looseObject({ operation: z.literal('drill'), scheduledFor }),
  rereadOrder,
]);

export type RunOrder = z.output<typeof runOrderSchema>;
export type RereadOrder = z.output<typeof rereadOrder>;

export function isReread(order: RunOrder): order is RereadOrder {
  return 'operation' in order && order.operation === 'reread';
}

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

/** One set that is read again. */
export interface RereadItem extends RunItem {
  plan: string;
  set: string;
}

/** Input of the state machine that reads old sets again. */
export interface RereadInput {
  /** Its sets are of several plans. */
  plan: null;
  operation: 'reread';
  scheduledFor: string;
  /** Sets at a time. */
  concurrency: number;
  databases: RereadItem[];
}
