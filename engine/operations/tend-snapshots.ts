import type { AlertKey } from '../domain/alert-key.ts';
import type { Problem } from '../domain/alerts.ts';
import { pairSnapshots, type ServerSnapshot, type SnapshotPair } from '../domain/snapshot.ts';
import {
  isOfChore,
  problemOfChore,
  problemOfTake,
  type SnapshotChore,
  takeKey,
} from '../domain/snapshot-problems.ts';
import { copiesToMake, snapshotsToRemove } from '../domain/snapshot-work.ts';
import { type HoldfastError, isHoldfastError } from '../errors.ts';
import type { ServerSnapshots } from '../ports/server-snapshots.ts';
import type { SnapshotsDone } from './audit/record-snapshots.ts';
import { assertTold } from './notify-failure.ts';
import type { SnapshotContext } from './snapshot-context.ts';
import { type TakenSnapshot, type TakeOrder, takeSnapshots } from './take-snapshots.ts';
import { type Alerting, tell } from './tell.ts';

export interface TendOptions extends SnapshotContext {
  alerting: Alerting;
  /** Of the copies, in their region; needed where there is a replica. */
  copyKeyArn: string | undefined;
  /** Writes down what was done, before anything can fail after it. */
  record?: (done: SnapshotsDone) => Promise<void>;
}

export interface TendedSnapshots {
  taken: string[];
  copied: string[];
  removed: string[];
  problems: string[];
}

/**
 * One step of all snapshots, and never a wait: has those taken that are due, has those copied that became available since, and removes
 * what retention let go long enough ago. What RDS knows is all that is remembered, so that a step that fails or comes twice is made good
 * by the next. @throws HoldfastError ALERT_FAILED, and what listing the snapshots failed with.
 */
export async function tendSnapshots(
  options: TendOptions,
  order: TakeOrder | undefined,
): Promise<TendedSnapshots> {
  const { own, replica, clock, alerting } = options;
  const here = await own.list();
  const taken = await takeSnapshots(options, { pairs: pairSnapshots(here, []), order });
  const there = await listed(replica);
  const pairs = pairSnapshots(here, there.snapshots);
  const copied =
    there.error === undefined ? await copyMissing(options, pairs) : failedListing(there.error);
  const removed = there.error === undefined ? await removeReleased(options, pairs) : NOT_DONE;
  const done = {
    taken: taken.filter(({ outcome }) => outcome === 'created').map(({ id }) => id),
    copied: copied.done,
    removed: removed.done,
  };
  await options.record?.(done);
  const problems = [
    ...problemsOfTakes(taken, { pairs, now: clock.now() }),
    ...copied.problems,
    ...removed.problems,
  ];
  assertTold(
    await tell(alerting, {
      at: clock.now(),
      problems,
      wouldSee: wouldSee({ taken, pairs, copied, removed }),
    }),
  );
  return {
    ...done,
    problems: problems.map(({ title, detail }) => `${title}: ${detail}`),
  };
}

interface Chore {
  done: string[];
  problems: Problem[];
  /** Whether all that there was to do was done or is among the problems. */
  isWhole: boolean;
}

const NOT_DONE: Chore = { done: [], problems: [], isWhole: false };

/** A replica region that does not answer keeps no snapshot from being taken. */
async function listed(
  replica: ServerSnapshots | undefined,
): Promise<{ snapshots: ServerSnapshot[]; error?: HoldfastError }> {
  try {
    return { snapshots: (await replica?.list()) ?? [] };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return { snapshots: [], error };
  }
}

function failedListing(error: HoldfastError): Chore {
  const problem = problemOfChore('copy', { plan: null, id: 'the copies can not be listed', error });
  return { done: [], problems: problem === undefined ? [] : [problem], isWhole: false };
}

async function copyMissing(
  { replica, copyKeyArn, clock }: TendOptions,
  pairs: readonly SnapshotPair[],
): Promise<Chore> {
  if (replica === undefined || copyKeyArn === undefined)
    return { done: [], problems: [], isWhole: true };
  return each('copy', {
    snapshots: copiesToMake(pairs, clock.now()),
    act: (snapshot) => replica.copyHere(snapshot, { keyArn: copyKeyArn }),
  });
}

/** Only where both regions were listed: a person's hold on one of a pair keeps the other. */
async function removeReleased(
  { own, replica, clock }: TendOptions,
  pairs: readonly SnapshotPair[],
): Promise<Chore> {
  const { originals, copies } = snapshotsToRemove(pairs, clock.now());
  const ofOwn = await each('removal', {
    snapshots: originals,
    act: (snapshot) => own.remove(snapshot),
  });
  if (replica === undefined) return ofOwn;
  const ofCopies = await each('removal', {
    snapshots: copies,
    act: (snapshot) => replica.remove(snapshot),
  });
  return {
    done: [...ofOwn.done, ...ofCopies.done],
    problems: [...ofOwn.problems, ...ofCopies.problems],
    isWhole: ofOwn.isWhole && ofCopies.isWhole,
  };
}

interface EachOptions {
  snapshots: readonly ServerSnapshot[];
  act: (snapshot: ServerSnapshot) => Promise<unknown>;
}

/** One after the other; one that fails keeps none of the others from it. What fails in passing is no problem yet, and ends none. */
async function each(chore: SnapshotChore, { snapshots, act }: EachOptions): Promise<Chore> {
  const done: string[] = [];
  const problems = new Map<AlertKey, Problem>();
  let isWhole = true;
  for (const snapshot of snapshots) {
    const { id, arn, terms } = snapshot;
    try {
      await act(snapshot);
      done.push(chore === 'copy' ? id : arn);
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      const problem = problemOfChore(chore, { plan: terms.plan, id, error });
      if (problem === undefined) isWhole = false;
      else problems.set(problem.key, problem);
    }
  }
  return { done, problems: [...problems.values()], isWhole };
}

function problemsOfTakes(
  taken: readonly TakenSnapshot[],
  seen: { pairs: readonly SnapshotPair[]; now: Date },
): Problem[] {
  return taken.flatMap(({ error, ...due }) =>
    error === undefined ? [] : (problemOfTake({ ...due, error }, seen) ?? []),
  );
}

interface Seen {
  taken: readonly TakenSnapshot[];
  pairs: readonly SnapshotPair[];
  copied: Chore;
  removed: Chore;
}

/** A take that failed is over when RDS has or makes one of its plan and server, and not when it is merely no longer due. */
function wouldSee({ taken, pairs, copied, removed }: Seen): (key: AlertKey) => boolean {
  const failed = new Set(pairs.filter(({ own }) => own?.status === 'failed').map(({ id }) => id));
  const over = new Set(
    taken.filter(({ id, outcome }) => outcome !== 'failed' && !failed.has(id)).map(takeKey),
  );
  return (key) =>
    over.has(key) ||
    (removed.isWhole && isOfChore(key, 'removal')) ||
    (copied.isWhole && isOfChore(key, 'copy'));
}
