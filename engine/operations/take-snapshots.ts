import type { SnapshotPlanConfig } from '../config/snapshot-plan-schema.ts';
import { type RdsServer, type SnapshotPair, snapshotTermsOf } from '../domain/snapshot.ts';
import { snapshotName } from '../domain/snapshot-name.ts';
import { type PlanServer, serversOf } from '../domain/snapshot-servers.ts';
import { dueTime } from '../domain/snapshot-work.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { SnapshotContext } from './snapshot-context.ts';

/** A snapshot that a schedule asks for. */
export interface DueSnapshot {
  id: string;
  plan: string;
  server: PlanServer;
  scheduledFor: Date;
}

export interface TakenSnapshot extends DueSnapshot {
  outcome: 'created' | 'exists' | 'failed';
  error?: HoldfastError;
}

/** A time of a schedule, as Scheduler tells it. */
export interface TakeOrder {
  plan: string;
  scheduledFor: Date;
}

/**
 * Has a snapshot taken of each server of each plan that is due, once for each time of a schedule: one that RDS began and failed with is
 * there, and not tried again as long as it is. One server that fails keeps none of
 * the others from it. @throws HoldfastError CONFIG_INVALID for an order of a plan that is not in the config.
 */
export async function takeSnapshots(
  context: SnapshotContext,
  { pairs, order }: { pairs: readonly SnapshotPair[]; order: TakeOrder | undefined },
): Promise<TakenSnapshot[]> {
  const known = new Set(pairs.flatMap(({ id, own }) => (own === undefined ? [] : [id])));
  const due = dueSnapshots(context, order);
  return Promise.all(
    due.map((one) =>
      known.has(one.id) ? { ...one, outcome: 'exists' as const } : take(context, one),
    ),
  );
}

async function take(context: SnapshotContext, due: DueSnapshot): Promise<TakenSnapshot> {
  const { id, plan, server } = due;
  const { keep } = planOf(context, plan);
  try {
    const terms = snapshotTermsOf({ ...due, keep, now: context.clock.now() });
    return { ...due, outcome: await context.own.create({ id, server: bare(server), terms }) };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return { ...due, outcome: 'failed', error };
  }
}

/** What was ordered, and what is due and may have failed before. */
function dueSnapshots(context: SnapshotContext, order: TakeOrder | undefined): DueSnapshot[] {
  const now = context.clock.now();
  const times = Object.entries(context.config.snapshotPlans).flatMap(([plan, settings]) => {
    const due = dueTime(settings, now);
    return due === undefined ? [] : [{ plan, scheduledFor: due }];
  });
  const wanted = [...(order === undefined ? [] : [order]), ...times].flatMap((one) =>
    snapshotsOf(context, one),
  );
  return [...new Map(wanted.map((one) => [one.id, one])).values()];
}

function snapshotsOf(context: SnapshotContext, { plan, scheduledFor }: TakeOrder): DueSnapshot[] {
  const { project, config } = context;
  return serversOf(planOf(context, plan), config.databases).map((server) => ({
    id: snapshotName({ project, plan, server, scheduledFor }),
    ...{ plan, server, scheduledFor },
  }));
}

function planOf({ config: { snapshotPlans } }: SnapshotContext, plan: string): SnapshotPlanConfig {
  const found = snapshotPlans[plan];
  if (found !== undefined) return found;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `a schedule asks for snapshot plan "${plan}", which is not in the config any more`,
    hint: 'Deploy the stack again (npx cdk deploy --all), so that schedules and config are of one time.',
  });
}

function bare({ kind, id }: PlanServer): RdsServer {
  return { kind, id };
}
