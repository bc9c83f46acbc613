import { isDrilledMonthly } from '../config/database-schema.ts';
import type { PlanConfig } from '../config/plan-schema.ts';
import { databasesOf, wishesOf } from '../config/plan-scope.ts';
import { PREFIX } from '../contract.ts';
import { executionName } from '../domain/execution-name.ts';
import type { Job } from '../domain/job.ts';
import { databasePrefix } from '../domain/key.ts';
import { plaintextBytes } from '../domain/manifest.ts';
import type { PlanWish } from '../domain/plan-wish.ts';
import type { RunInput, RunItem, RunOrder } from '../domain/run-order.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { taskSizeFor } from '../domain/task-size.ts';
import { HoldfastError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Repository } from '../ports/repository.ts';
import type { RunStarter } from '../ports/run-starter.ts';
import { readEntries, withManifest } from './catalog.ts';
import { nextToDrill } from './drill/next-to-drill.ts';

export interface StartRunOptions {
  repository: Repository;
  starter: RunStarter;
  clock: Clock;
  config: {
    plans: Readonly<Record<string, Pick<PlanConfig, 'databases'> & Partial<PlanWish>>>;
    databases: Readonly<Record<string, { drill: Parameters<typeof isDrilledMonthly>[0] }>>;
  };
}

export interface StartedRun {
  execution: string;
  /** False where this very run was started before. */
  isNew: boolean;
  databases: number;
}

/**
 * Starts the run of a plan, or the drills of every database that has a set: once for each time of the schedule, however often it is
 * delivered.
 * @throws HoldfastError CONFIG_INVALID for a plan that is not in the config, and what the vault or Step Functions failed with.
 */
export async function startRun(options: StartRunOptions, order: RunOrder): Promise<StartedRun> {
  const { scheduledFor } = order;
  const isOfPlan = 'plan' in order && typeof order.plan === 'string';
  const plan = isOfPlan ? (order.plan as string) : null;
  const plans = Object.keys(options.config.plans);
  // No plan may have this name.
  const execution = executionName(plan ?? PREFIX.drills, {
    scheduledFor: new Date(scheduledFor),
    plans,
  });
  const run = { scheduledFor, execution };
  const items =
    plan === null ? await drillItems(options, run) : await backupItems(options, { plan, ...run });
  const input: RunInput = { plan, scheduledFor, databases: items };
  const started = await options.starter.start({ name: execution, input: JSON.stringify(input) });
  return { execution, isNew: started === 'started', databases: items.length };
}

type Run = Required<Pick<Job, 'scheduledFor' | 'execution'>>;

async function backupItems(
  options: StartRunOptions,
  { plan, ...run }: Run & { plan: string },
): Promise<RunItem[]> {
  const { config, repository } = options;
  const configured = config.plans[plan];
  if (configured === undefined) throw unknownPlan(plan, Object.keys(config.plans));
  return eachOf(databasesOf(configured, config.databases), async (database) => {
    const newest = (await readEntries(repository, databasePrefix({ plan, database }))).at(-1);
    const size = taskSizeFor({ operation: 'backup', bytes: await bytesOf(newest, repository) });
    return itemOf({ operation: 'backup', plan, database, ...run }, { database, size });
  });
}

/** A database without a set has nothing to drill; `check` says that it has none. */
async function drillItems(options: StartRunOptions, run: Run): Promise<RunItem[]> {
  const { config, repository, clock } = options;
  const entries = await readEntries(repository);
  const drilled = Object.entries(config.databases)
    .filter(([, { drill }]) => isDrilledMonthly(drill))
    .map(([name]) => name);
  // A mark `released` was not opened: the drill opens it, and must not be left out because of a forged one.
  const usable = (name: string) =>
    entries.findLast(({ database, state }) => database === name && state !== 'SUSPECT');
  const withSets = drilled.filter((name) => usable(name) !== undefined);
  return eachOf(withSets, async (database) => {
    const listed = entries
      .filter((entry) => entry.database === database)
      .map((entry) => ({ entry, repository }));
    const plans = wishesOf(config.plans, database);
    const next = await nextToDrill({ listed, plans, now: clock.now() });
    const size = taskSizeFor({
      operation: 'drill',
      bytes:
        next === undefined
          ? await bytesOf(usable(database), repository)
          : plaintextBytes(next.manifest),
    });
    const named =
      next === undefined
        ? { set: `${database}/latest` }
        : { set: next.entry.id, plan: next.entry.plan };
    return itemOf({ operation: 'drill', ...named, database, ...run }, { database, size });
  });
}

function itemOf(job: Job, { database, size }: Omit<RunItem, 'job'>): RunItem {
  return { database, size, job: JSON.stringify(job) };
}

/** Undefined where there is no set, or its manifest can't be read. */
async function bytesOf(
  entry: CatalogEntry | undefined,
  repository: Repository,
): Promise<number | undefined> {
  if (entry === undefined) return undefined;
  const { manifest } = await withManifest(entry, repository);
  return manifest === undefined ? undefined : plaintextBytes(manifest);
}

const AT_A_TIME = 16;

/** In their order, a few at a time: two hundred databases are three hundred requests. */
export async function eachOf<From, T>(
  names: readonly From[],
  make: (name: From) => Promise<T>,
): Promise<T[]> {
  const made: T[] = [];
  for (let from = 0; from < names.length; from += AT_A_TIME)
    made.push(...(await Promise.all(names.slice(from, from + AT_A_TIME).map(make))));
  return made;
}

function unknownPlan(plan: string, known: readonly string[]): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `a schedule asks for plan "${plan}", which is not in the config any more`,
    hint: `The config has: ${known.join(', ')}. Deploy the stack again (npx cdk deploy --all), so that schedules and config are of one time.`,
  });
}
