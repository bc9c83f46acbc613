import { parseBasicTime } from '../backup-id.ts';
import { type Evidence, type EvidenceSet, isWholePlan } from './evidence.ts';
import { isWithin } from './failures.ts';
import type { ReportedDatabase, ReportedSet } from './report-schema.ts';

/** Sets, ages, proofs and the measured RPO of one database. */
export function reportDatabase(database: string, evidence: Evidence): ReportedDatabase {
  const { month, generatedAt } = evidence;
  const end = month.to < generatedAt ? month.to : generatedAt;
  const known = evidence.sets.filter((set) => set.database === database && set.startedAt < end);
  const sound = known.filter(({ state, isWhole }) => isWhole && state !== 'SUSPECT');
  const newest = sound.at(-1);
  const proven = known
    .filter((set) => set.provenAt !== null && set.provenAt < end && set.state === 'PROVEN')
    .at(-1);
  const ageSeconds = ({ startedAt }: EvidenceSet) => (end.getTime() - startedAt.getTime()) / 1000;
  const inMonth = known.filter(({ startedAt }) => startedAt >= month.from);
  const released = recordedAlone(database, evidence).filter(({ beganAt }) =>
    isWithin(beganAt.toISOString(), month),
  );
  return {
    database,
    sets: [...inMonth.map(reportSet), ...released.map(reportRecorded)].sort(byId),
    newest: newest === undefined ? null : { id: newest.id, ageSeconds: ageSeconds(newest) },
    proven:
      proven === undefined
        ? null
        : {
            id: proven.id,
            provenAt: proven.provenAt?.toISOString() ?? '',
            ageSeconds: ageSeconds(proven),
          },
    provenInMonth: known.filter(
      ({ provenAt }) => provenAt !== null && isWithin(provenAt.toISOString(), month),
    ).length,
    rpo: measuredRpo(pointsOf({ database, sound }, evidence), { from: month.from, end }),
  };
}

function byId(one: ReportedSet, other: ReportedSet): number {
  return one.id < other.id ? -1 : 1;
}

function reportSet(set: EvidenceSet): ReportedSet {
  const { id, plan, startedAt, completedAt, rows, storedBytes, plaintextBytes, state } = set;
  return {
    ...{ id, plan, startedAt: startedAt.toISOString() },
    seconds: completedAt === null ? null : secondsBetween(startedAt, completedAt),
    ...{ rows, storedBytes, plaintextBytes, state },
    isHeld: set.isHeld,
    repositories: set.repositories,
    problem: set.problem,
  };
}

interface RecordedSet {
  id: string;
  plan: string;
  beganAt: Date;
  completedAt: Date;
  bytes: number | null;
}

/** Sets whose record is there, and that retention has removed since. */
function recordedAlone(database: string, { records, sets }: Evidence): RecordedSet[] {
  const known = new Set(sets.map(({ id, plan }) => `${plan}/${id}`));
  return records
    .filter((record) => record.operation === 'backup' && record.status === 'success')
    .filter((record) => record.database === database)
    .flatMap(({ backup: id, plan, startedAt, completedAt, bytes }) => {
      if (id === null || plan === null || known.has(`${plan}/${id}`)) return [];
      const beganAt = parseBasicTime(id) ?? new Date(startedAt);
      return [{ id, plan, beganAt, completedAt: new Date(completedAt), bytes }];
    });
}

function reportRecorded({ id, plan, beganAt, completedAt, bytes }: RecordedSet): ReportedSet {
  return {
    ...{ id, plan, startedAt: beganAt.toISOString() },
    seconds: secondsBetween(beganAt, completedAt),
    ...{ rows: null, storedBytes: bytes, plaintextBytes: null },
    ...{ state: 'RELEASED', isHeld: false, repositories: [], problem: null },
  };
}

function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, (to.getTime() - from.getTime()) / 1000);
}

/** A moment that a restore can lead back to, and since when. */
interface RecoveryPoint {
  leadsTo: Date;
  usableAt: Date;
}

function pointsOf(
  { database, sound }: { database: string; sound: readonly EvidenceSet[] },
  evidence: Evidence,
): RecoveryPoint[] {
  const { plans } = evidence.config;
  const gone = recordedAlone(database, evidence)
    .filter(({ plan }) => isWholePlan(plans[plan]))
    .map(({ beganAt, completedAt }) => ({ leadsTo: beganAt, usableAt: completedAt }));
  const there = sound.map(({ snapshotAt, startedAt, completedAt }) => ({
    leadsTo: snapshotAt ?? startedAt,
    usableAt: completedAt ?? startedAt,
  }));
  return [...there, ...gone].sort(
    (one, other) => one.usableAt.getTime() - other.usableAt.getTime(),
  );
}

/**
 * The longest time whose changes a failure in the month would have lost: from the moment that a set leads back to until
 * the next set was complete. Null where no set of the whole database covers any of the month.
 */
function measuredRpo(
  points: readonly RecoveryPoint[],
  { from, end }: { from: Date; end: Date },
): ReportedDatabase['rpo'] {
  let worst: NonNullable<ReportedDatabase['rpo']> | null = null;
  for (const [index, { leadsTo }] of points.entries()) {
    const next = points[index + 1]?.usableAt;
    const until = next === undefined || next > end ? end : next;
    if (until < from || leadsTo > end) continue;
    const lost = secondsBetween(leadsTo, until);
    if (worst === null || lost > worst.seconds)
      worst = { seconds: lost, from: leadsTo.toISOString(), to: until.toISOString() };
  }
  return worst;
}
