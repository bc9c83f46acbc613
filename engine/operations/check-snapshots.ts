import { type Finding, finding } from '../domain/finding.ts';
import { maxAgeOf } from '../domain/freshness.ts';
import { pairSnapshots, type ServerSnapshot } from '../domain/snapshot.ts';
import { serversOf } from '../domain/snapshot-servers.ts';
import {
  judgeSnapshots,
  newestSnapshot,
  type SnapshotExpectation,
  type SnapshotStanding,
  snapshotPlace,
} from '../domain/snapshot-verdict.ts';
import { isHoldfastError } from '../errors.ts';
import type { ServerSnapshots } from '../ports/server-snapshots.ts';
import type { BeginOf } from './plan-begins.ts';
import type { SnapshotContext } from './snapshot-context.ts';

export interface CheckedSnapshots {
  findings: Finding[];
  /** None where RDS did not answer: then nobody knows. */
  standings: SnapshotStanding[];
}

/** The health of every snapshot plan. A region that does not answer is a finding, and never hides the other. */
export async function checkSnapshots(
  context: SnapshotContext,
  { beginOf }: { beginOf: BeginOf },
): Promise<CheckedSnapshots> {
  const { own, replica, clock } = context;
  const now = clock.now();
  const expected = snapshotExpectations(context, now).map((one) => withGrace(one, beginOf));
  const [here, there] = await Promise.all([
    listed(own, expected),
    replica === undefined ? undefined : listed(replica, expected),
  ]);
  if ('findings' in here)
    return {
      findings: [
        ...here.findings,
        ...(there !== undefined && 'findings' in there ? there.findings : []),
      ],
      standings: [],
    };
  const isSeen = there !== undefined && 'snapshots' in there;
  const pairs = pairSnapshots(here.snapshots, isSeen ? there.snapshots : []);
  const view = {
    pairs,
    region: own.region,
    replicaRegion: isSeen ? replica?.region : undefined,
    now,
  };
  const silent = there !== undefined && 'findings' in there ? there.findings : [];
  return {
    findings: [...expected.flatMap((one) => judgeSnapshots(one, view)), ...silent],
    standings: expected.map((one) => ({
      plan: one.plan,
      database: one.database,
      newest: newestSnapshot(pairs, one),
    })),
  };
}

/** What the snapshot plans promise. */
export function snapshotExpectations(
  { config }: Pick<SnapshotContext, 'config'>,
  now: Date,
): SnapshotExpectation[] {
  return Object.entries(config.snapshotPlans).flatMap(([plan, settings]) => {
    const maxAgeSeconds = maxAgeOf(settings, now);
    return serversOf(settings, config.databases).flatMap(({ databases, ...server }) =>
      databases.map((database) => ({ plan, database, server, maxAgeSeconds })),
    );
  });
}

type Listing = { snapshots: ServerSnapshot[] } | { findings: Finding[] };

async function listed(
  place: ServerSnapshots,
  expected: readonly SnapshotExpectation[],
): Promise<Listing> {
  try {
    return { snapshots: await place.list() };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const judged = {
      verdict: 'unreachable',
      severity: 'unknown',
      detail: error.message,
      hint: error.hint ?? null,
    } as const;
    const repository = snapshotPlace(place.region);
    return {
      findings: expected.map(({ plan, database }) =>
        finding({ plan, database, repository }, judged),
      ),
    };
  }
}

function withGrace(expected: SnapshotExpectation, beginOf: BeginOf): SnapshotExpectation {
  const begin = beginOf(expected.plan, expected.database);
  if (begin === undefined || expected.maxAgeSeconds === undefined) return expected;
  return { ...expected, graceUntil: new Date(begin.getTime() + expected.maxAgeSeconds * 1000) };
}
