import { MANIFEST_NAME } from '../contract.ts';
import type { Anomaly } from '../domain/anomaly/anomaly.ts';
import { manifestKey, objectKey } from '../domain/key.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { PlanWish } from '../domain/plan-wish.ts';
import { HOLDS_NOTHING, isEmptySet } from '../domain/set/empty-set.ts';
import type { SetState } from '../domain/set/evaluate-marks.ts';
import { marksForged } from '../domain/set/mark-authenticity.ts';
import type { SuspicionKind } from '../domain/set/mark-name.ts';
import { summarize } from '../domain/set/set-summary.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { type HoldfastError, isHoldfastError } from '../errors.ts';
import { AnomalyJudge, failureOf, isUnmarked, type Judgement } from './anomaly/anomaly-judge.ts';
import { withAnomalies } from './anomaly/mark-anomalies.ts';
import { audited } from './audit.ts';
import { serverChanged } from './catalog/earlier-server.ts';
import { tablesLost } from './catalog/earlier-set.ts';
import { markDamage } from './catalog/mark-damage.ts';
import { canSeal, MarkSeals } from './catalog/mark-seals.ts';
import { nameSuspicionKinds } from './catalog/name-suspicion-kinds.ts';
import { at, type Context, type NamedRepository } from './context.ts';
import { findEveryCopy, findSet, type Located } from './find-set.ts';
import { lockToItsKeep } from './lock-set.ts';
import { putProof } from './marks.ts';
import type { OpenedSet } from './opened-set.ts';
import { allFailures, type CopyFailure } from './verify/all-failures.ts';
import { openAndReadBack } from './verify/read-back.ts';

export interface VerifiedCopy {
  repository: string;
  /** What the set is now: SUSPECT where a suspicion stands that bytes can not end, PROVEN where a drill passed since. */
  state: SetState;
  /** What keeps it SUSPECT; null where it is not. */
  suspicion: SuspicionKind | null;
  /** A clause where it holds nothing, or none of the tables of the set before it; null where it does, or the config expects it. */
  empty: string | null;
  /** A clause where it came from another server than the set of the same database before it; null where it did not. */
  otherServer: string | null;
  objects: number;
  bytes: number;
  seconds: number;
}

export interface VerifyRequest {
  /** As a person names it. */
  set: string;
  /** Whether a database may be without a row. */
  expectsEmpty?: (database: string) => boolean;
  /** What a plan takes, as the config has it now; undefined where the config does not have it. */
  wishOf?: (plan: string) => PlanWish | undefined;
}

export interface VerifyResult {
  set: string;
  plan: string;
  database: string;
  /** One for each repository that holds the set. */
  copies: VerifiedCopy[];
  /** How many earlier sets it was compared with; null where it was not, because that was done before. */
  comparedWith: number | null;
  /** What is unlike those, and no reason to doubt the set. */
  anomalies: readonly Anomaly[];
}

/**
 * Reads every object of every copy of a set back, decrypts it and parses it to its end; the copy becomes CHECKED, or SUSPECT when
 * its bytes are bad. When it becomes CHECKED, its numbers are compared with those of earlier sets; where rows or bytes are
 * missing, every copy becomes SUSPECT. A copy that was SUSPECT because of damage and is read whole now is SUSPECT no longer; what a drill found, or an
 * anomaly, stands. An environment that fails (a key, the network, a missing program) leaves the state as it was.
 * A copy that fails, and a repository that does not answer, never keep the others from being verified; the failure that is thrown then
 * says what is wrong with each of them.
 */
export async function verify(
  everywhere: Context,
  { set: name, expectsEmpty = () => false, wishOf = () => undefined }: VerifyRequest,
): Promise<VerifyResult> {
  const { entry } = await findSet(everywhere, name);
  const copies: VerifiedCopy[] = [];
  const failures: CopyFailure[] = [];
  const { copies: found, unanswered } = await findEveryCopy(everywhere, entry);
  const isEmptyExpected = expectsEmpty(entry.database);
  const wish = wishOf(entry.plan);
  const options = { copies: found, unanswered, wish, isEmptyExpected };
  const judge = new AnomalyJudge(everywhere, options);
  for (const located of found) {
    const verified = await verifyCopy(everywhere, { located, judge, isEmptyExpected }).catch(
      (error: unknown) => {
        failures.push({ name: located.place.name, error });
      },
    );
    everywhere.signal.throwIfAborted();
    if (verified) copies.push(verified);
  }
  failures.push(...unanswered.map(({ place, error }) => ({ name: place.name, error })));
  if (failures.length > 0) throw allFailures(failures);
  const { id, plan, database } = entry;
  const { comparedWith, anomalies } = judge.judgement;
  return { set: id, plan, database, copies, comparedWith, anomalies };
}

export interface VerifyCopyOptions {
  located: Located;
  judge: AnomalyJudge;
  isEmptyExpected: boolean;
}

/** Verifies one copy, and records it. @throws HoldfastError as `verify` does. */
export async function verifyCopy(
  everywhere: Context,
  { located, judge, isEmptyExpected }: VerifyCopyOptions,
): Promise<VerifiedCopy> {
  const { entry, place } = located;
  const context = at(everywhere, place);
  const { id, plan, database } = entry;
  return audited(
    context,
    { operation: 'verify', plan, database, backup: id, target: null },
    async (notes) => {
      const beganAt = context.clock.now();
      const set = await openAndReadBack(context, entry).catch((error: unknown) =>
        markDamage(everywhere, located, { operation: 'verify', error }),
      );
      notes.bytes = set.storedBytes;
      const seconds = (context.clock.now().getTime() - beganAt.getTime()) / 1000;
      const empty = isEmptyExpected ? null : await emptinessOf(context, set);
      const otherServer = await serverChanged(set.manifest, context);
      const judgement = await judge.judge(set);
      const counted = { objects: set.manifest.objects.length, bytes: set.storedBytes, seconds };
      const record = async () => {
        await lock(context, place, set);
        await nameSuspicionKinds(context, entry);
        if (!canSeal(context.keys)) return unsealable(context, entry);
        if (isUnmarked(judgement, place)) return undefined;
        const content = { ...counted, empty, ...recordOf(judgement, { set, entry }) };
        const before = await withAnomalies(context, entry);
        return putProof(context, before, { mark: 'checked', content });
      };
      const now = await record().catch((error: unknown) => unrecorded(context, entry, error));
      const state = await judgeMarks(context, now ?? entry);
      const failure = failureOf(judgement, state);
      if (failure !== undefined) throw failure;
      return { repository: place.name, ...describeState(state), empty, otherServer, ...counted };
    },
  );
}

const MOST_RECORDED = 20;

/** What `check` and `prune` need to know of the set without reading its manifest. */
function recordOf(
  { comparedWith, anomalies }: Judgement,
  { set: { manifest }, entry }: { set: OpenedSet<Manifest>; entry: CatalogEntry },
): object {
  return {
    comparedWith,
    anomalies: anomalies.slice(0, MOST_RECORDED),
    summary: summarize(manifest, entry.sizes?.get(MANIFEST_NAME)),
  };
}

/** What is read back whole may still be a backup of nothing, or of another database. */
async function emptinessOf(
  { repository }: Context,
  { manifest }: OpenedSet<Manifest>,
): Promise<string | null> {
  if (manifest.kind !== 'logical') return null;
  return isEmptySet(manifest) ? HOLDS_NOTHING : tablesLost(manifest, { repository });
}

/** @throws HoldfastError MARK_FORGED. */
async function judgeMarks(context: Context, entry: CatalogEntry): Promise<CatalogEntry> {
  const seals = new MarkSeals(context, { isEvery: true });
  if (!seals.canOpen) return entry;
  const opened = await seals.open(entry);
  if (seals.forged.length > 0) throw marksForged(seals.forged, context.repository);
  return opened;
}

/** A copy on read-only media was read whole all the same: its state stays, and the result says so. */
function unrecorded({ progress, repository }: Context, { id }: CatalogEntry, error: unknown): void {
  if (!isWriteRefused(error)) throw error;
  progress({
    phase: 'verify',
    note: `every object of ${id} was read back whole, but that could not be recorded in ${repository.location}: ${error.message}`,
  });
}

/** Everybody has the public half of the break-glass key, so that a seal of it would vouch for nothing. */
function unsealable({ progress }: Context, { id }: CatalogEntry): undefined {
  progress({
    phase: 'verify',
    note: `every object of ${id} was read back whole, but the break-glass key seals no mark: the state of the set stays`,
  });
}

/** The place refuses to be written, today and tomorrow; a disk that is full or away is another matter. */
function isWriteRefused(error: unknown): error is HoldfastError {
  return (
    isHoldfastError(error, 'ACCESS_DENIED') ||
    (isHoldfastError(error, 'REPOSITORY_UNREACHABLE') && !error.retryable)
  );
}

function describeState({
  state,
  suspicions,
}: CatalogEntry): Pick<VerifiedCopy, 'state' | 'suspicion'> {
  const [newest] = suspicions;
  return { state, suspicion: newest === undefined ? null : (newest.kind ?? 'damage') };
}

/** Before the mark: nobody relies on a copy that can still be taken away. */
async function lock(
  { clock }: Context,
  place: NamedRepository,
  { address, manifest }: OpenedSet<Manifest>,
): Promise<void> {
  const keys = [
    ...manifest.objects.map(({ key }) => objectKey(address, key)),
    manifestKey(address),
  ];
  await lockToItsKeep(place, {
    keys,
    plan: address.plan,
    keepUntil: manifest.keepUntil,
    now: clock.now(),
  });
}
