import { type Expectation, type Finding, finding, type Judgement } from './finding.ts';
import {
  isSameServer,
  isUsable,
  type RdsServer,
  type SnapshotPair,
  speakServer,
} from './snapshot.ts';
import { speakSeconds, speakTime } from './spoken-numbers.ts';

/** How long RDS may take for a snapshot's way into the other region. */
const COPIED_WITHIN_SECONDS = 24 * 3600;

/** What a snapshot plan promises of one database. */
export interface SnapshotExpectation extends Expectation {
  server: RdsServer;
}

/** How a snapshot plan stands with one database. */
export interface SnapshotStanding {
  plan: string;
  database: string;
  newest: { id: string; startedAt: Date } | undefined;
}

export interface SnapshotView {
  /** Oldest first. */
  pairs: readonly SnapshotPair[];
  region: string;
  /** Undefined where there is none, or it did not answer. */
  replicaRegion: string | undefined;
  now: Date;
}

/** Where findings of snapshots have the name of a repository. */
export function snapshotPlace(region: string): string {
  return `rds:${region}`;
}

export function isSnapshotPlace(repository: string): boolean {
  return repository.startsWith('rds:');
}

/** Every finding about the snapshots of one plan and database. */
export function judgeSnapshots(expected: SnapshotExpectation, view: SnapshotView): Finding[] {
  const own = view.pairs.filter(
    ({ terms, server }) => terms.plan === expected.plan && isSameServer(server, expected.server),
  );
  return [
    judgeAge(expected, { ...view, pairs: own }),
    ...judgeFailure(expected, { ...view, pairs: own }),
    ...judgeCopies(expected, { ...view, pairs: own }),
  ];
}

/** The newest snapshot of a plan that can be restored. */
export function newestSnapshot(
  pairs: readonly SnapshotPair[],
  { plan, server }: Pick<SnapshotExpectation, 'plan' | 'server'>,
): SnapshotPair | undefined {
  return pairs.findLast(
    (pair) => pair.terms.plan === plan && isSameServer(pair.server, server) && isUsable(pair.own),
  );
}

/** What people can still restore, in a clause. */
export function snapshotSafety(pairs: readonly SnapshotPair[], server: RdsServer): string {
  const there = pairs.findLast(
    (pair) => isSameServer(pair.server, server) && (isUsable(pair.own) || isUsable(pair.copy)),
  );
  if (there === undefined)
    return `there is no snapshot of ${speakServer(server)} that could be restored`;
  return `still safe: snapshot ${there.id} of ${speakTime(there.startedAt)}${isUsable(there.copy) ? ', with its copy' : ''}`;
}

const HINT =
  'Look at the log of rds-snapshot and at the events of RDS (aws rds describe-events --duration 1440). What RDS refuses is tried again every 20 minutes for six hours, what it began and failed with not before the next time of the schedule.';

function judgeAge(expected: SnapshotExpectation, { pairs, region, now }: SnapshotView): Finding {
  const { plan, database, server, maxAgeSeconds = null, graceUntil } = expected;
  const place = { plan, database, repository: snapshotPlace(region) };
  const newest = newestSnapshot(pairs, expected);
  const atMost = maxAgeSeconds === null ? '' : `; at most ${speakSeconds(maxAgeSeconds)}`;
  if (newest === undefined) {
    const isNew = graceUntil !== undefined && graceUntil > now;
    const detail = isNew
      ? `no snapshot of ${speakServer(server)} yet; the plan is new and has until ${speakTime(graceUntil)}`
      : `no snapshot of ${speakServer(server)} that can be restored${atMost}`;
    return finding(place, {
      verdict: 'missing',
      severity: isNew ? 'ok' : 'critical',
      detail,
      maxAgeSeconds,
      hint: isNew ? null : HINT,
    });
  }
  const ageSeconds = Math.max(0, Math.floor((now.getTime() - newest.startedAt.getTime()) / 1000));
  const detail = `the newest snapshot of ${speakServer(server)} is ${speakSeconds(ageSeconds)} old, taken ${speakTime(newest.startedAt)}${atMost}`;
  const judged = { detail, set: newest.id, ageSeconds, maxAgeSeconds };
  if (maxAgeSeconds === null || ageSeconds <= maxAgeSeconds)
    return finding(place, { verdict: 'fresh', severity: 'ok', ...judged });
  const since = new Date(newest.startedAt.getTime() + maxAgeSeconds * 1000);
  return finding(place, { verdict: 'late', severity: 'critical', ...judged, since, hint: HINT });
}

/** Of the newest alone: a younger one that succeeded mends it. */
function judgeFailure(
  { plan, database, server }: SnapshotExpectation,
  { pairs, region }: SnapshotView,
): Finding[] {
  const newest = pairs.findLast(({ own }) => own !== undefined && own.status !== 'creating');
  if (newest?.own?.status !== 'failed') return [];
  const failed: Judgement = {
    verdict: 'failed',
    severity: 'critical',
    detail: `RDS failed to make snapshot ${newest.id}; ${snapshotSafety(pairs, server)}`,
    since: newest.startedAt,
    set: newest.id,
    hint: `Look at the events of ${speakServer(server)} (aws rds describe-events --duration 1440), and take one by hand if it can not wait for the next time.`,
  };
  return [finding({ plan, database, repository: snapshotPlace(region) }, failed)];
}

/** Where a copy failed, and where it takes too long; what is about to be let go needs none. */
function judgeCopies(
  { plan, database }: SnapshotExpectation,
  { pairs, replicaRegion, now }: SnapshotView,
): Finding[] {
  if (replicaRegion === undefined) return [];
  const isOld = ({ startedAt }: SnapshotPair) =>
    now.getTime() - startedAt.getTime() > COPIED_WITHIN_SECONDS * 1000;
  const wanted = pairs.filter(({ own, terms }) => isUsable(own) && terms.keepUntil > now);
  const failed = wanted.filter(({ copy }) => copy?.status === 'failed');
  const slow = wanted.filter(
    (pair) => pair.copy?.status !== 'failed' && !isUsable(pair.copy) && isOld(pair),
  );
  const [oldest] = [...failed, ...slow];
  if (oldest === undefined) return [];
  const copied = wanted.findLast(({ copy }) => isUsable(copy));
  const safe =
    copied === undefined
      ? 'none has a copy there'
      : `the newest copy there is of ${speakTime(copied.startedAt)}`;
  const uncopied: Judgement = {
    verdict: 'uncopied',
    severity: failed.length > 0 ? 'critical' : 'warning',
    detail: `${failed.length + slow.length} of ${wanted.length} snapshots have no copy in ${replicaRegion} (${oldest.id}${failed.length > 0 ? ': the copy failed' : ''}); ${safe}`,
    since: new Date(
      oldest.startedAt.getTime() + (failed.length > 0 ? 0 : COPIED_WITHIN_SECONDS * 1000),
    ),
    set: oldest.id,
    hint: `Look at the log of rds-snapshot: keys of both regions, quotas of RDS. The snapshots themselves are in their own region.`,
  };
  return [finding({ plan, database, repository: snapshotPlace(replicaRegion) }, uncopied)];
}
