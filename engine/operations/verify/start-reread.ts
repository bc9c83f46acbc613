import { basicTime } from '../../domain/backup-id.ts';
import { LARGEST_FLEET } from '../../domain/fleet.ts';
import type { Job } from '../../domain/job.ts';
import { plaintextBytes } from '../../domain/manifest.ts';
import type { RereadInput, RereadItem, RereadOrder } from '../../domain/run-order.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { REREAD_MACHINE } from '../../domain/stack-names.ts';
import { taskSizeFor } from '../../domain/task-size.ts';
import { DAILY_SHARE, dailyTurns } from '../../domain/verify/daily-turns.ts';
import type { Repository } from '../../ports/repository.ts';
import type { RunStarter } from '../../ports/run-starter.ts';
import { readEntries, withManifest } from '../catalog.ts';
import { eachOf } from '../start-run.ts';
import { chooseSets } from './choose-sets.ts';

export interface StartRereadOptions {
  repository: Repository;
  starter: RunStarter;
  config: { project: string; databases: Readonly<Record<string, unknown>> };
  /** Tasks at a time, of all executions together. */
  concurrency: number;
}

export interface StartedReread {
  /** In the order in which they were started; none where there is no set to read. */
  executions: { execution: string; isNew: boolean; sets: number }[];
}

/** Sets of one execution: its history and payload hold as many as a run has databases. */
export const MOST_SETS_OF_EXECUTION = LARGEST_FLEET;

/**
 * Starts the verifications of a day: the newest PROVEN set of each database and kind, the least recently read share of the other warm
 * sets, and the cold sets whose turn it is. Many sets take several executions at the same time, whose names say which of them they are,
 * so that a second delivery of the same time starts nothing twice.
 * @throws HoldfastError what the vault or Step Functions failed with.
 */
export async function startReread(
  options: StartRereadOptions,
  { scheduledFor }: RereadOrder,
): Promise<StartedReread> {
  const { repository, starter } = options;
  const due = new Date(scheduledFor);
  const wish = { share: DAILY_SHARE, now: due };
  const chosen = await chooseSets(await readEntries(repository), { repository, ...wish });
  const sets = await eachOf(dailyTurns(chosen, wish), (entry) => sizedOf(entry, options));
  const parts = inParts(sets.filter((one) => one !== undefined));
  const concurrency = Math.max(1, Math.floor(options.concurrency / Math.max(1, parts.length)));
  const executions: StartedReread['executions'] = [];
  for (const [index, part] of parts.entries()) {
    const execution = `${REREAD_MACHINE}-${basicTime(due)}${index === 0 ? '' : `-${index + 1}`}`;
    const databases = part.map((one) => itemOf(one, { scheduledFor, execution }));
    const input: RereadInput = {
      ...{ plan: null, operation: 'reread', scheduledFor, concurrency, databases },
    };
    const started = await starter.start({ name: execution, input: JSON.stringify(input) });
    executions.push({ execution, isNew: started === 'started', sets: part.length });
  }
  return { executions };
}

type Sized = Pick<CatalogEntry, 'plan' | 'database' | 'id'> & Pick<RereadItem, 'size'>;

/** Undefined for a set of another project in the same bucket, which no key of this one opens. */
async function sizedOf(
  entry: CatalogEntry,
  { repository, config }: StartRereadOptions,
): Promise<Sized | undefined> {
  const { plan, database, id } = entry;
  const { manifest } = await withManifest(entry, repository);
  const isOfOthers =
    manifest !== undefined &&
    manifest.project !== config.project &&
    !Object.hasOwn(config.databases, database);
  if (isOfOthers) return undefined;
  const bytes = manifest === undefined ? undefined : plaintextBytes(manifest);
  const size = entry.isCold ? 'small' : taskSizeFor({ operation: 'verify', bytes });
  return { plan, database, id, size };
}

function itemOf(
  { plan, database, id: set, size }: Sized,
  run: { scheduledFor: string; execution: string },
): RereadItem {
  const job: Job = { operation: 'verify', set, plan, database, ...run, inspectsCold: true };
  return { plan, database, set, size, job: JSON.stringify(job) };
}

/** Sets of one plan and database stay together where they can: what one execution tells of them is all there is to tell. */
function inParts(sets: readonly Sized[]): Sized[][] {
  const groups = Map.groupBy(sets, ({ plan, database }) => JSON.stringify([database, plan]));
  const parts: Sized[][] = [];
  for (const group of groups.values()) {
    const last = parts.at(-1);
    if (last !== undefined && last.length + group.length <= MOST_SETS_OF_EXECUTION)
      last.push(...group);
    else
      for (let from = 0; from < group.length; from += MOST_SETS_OF_EXECUTION)
        parts.push(group.slice(from, from + MOST_SETS_OF_EXECUTION));
  }
  return parts;
}
