import { type Expectation, type Finding, finding, type SeenSet } from './finding.ts';
import { judgeFreshness } from './freshness.ts';
import { isOfAnomaly, judgeDeviations } from './health/deviations.ts';
import { judgeForged } from './health/forged.ts';
import { judgeFreeze } from './health/freeze.ts';
import { type DrillExpectation, judgeProof } from './health/proof.ts';
import { judgeRestoreTime } from './health/restore-time.ts';
import { judgeServers } from './health/servers.ts';
import { judgeUnread } from './health/unread.ts';
import { describeSuspicion, endOfSuspicion } from './set/describe-suspicion.ts';
import { speakGigabytes, speakShare, speakTime } from './spoken-numbers.ts';

export interface RepositoryView {
  repository: string;
  /** All sets that are not released, oldest first. */
  sets: readonly SeenSet[];
  expectations: readonly Expectation[];
  drills: Readonly<Record<string, DrillExpectation>>;
  /** How long a restore may take, where the config says it. */
  rtoSeconds?: number | undefined;
  now: Date;
}

/** Every finding about the sets of one repository. */
export function judgeRepository(view: RepositoryView): Finding[] {
  const judged = view.expectations.flatMap((expected) => judgePlan(expected, view));
  const databases = [...new Set(view.expectations.map(({ database }) => database))];
  return [
    ...judged,
    ...judgeDamage(view),
    ...judgeUnread(view.sets, view),
    ...judgeForged(view.sets, view),
    ...judgeFreeze(view.sets, view),
    ...judgeServers(view.sets, view),
    ...databases.flatMap((database) => [
      ...judgeProof(database, view),
      ...judgeRestoreTime(database, { ...view, rtoSeconds: view.rtoSeconds }),
    ]),
  ];
}

function judgePlan(expected: Expectation, { repository, sets, now }: RepositoryView): Finding[] {
  const own = sets.filter(
    ({ plan, database }) => plan === expected.plan && database === expected.database,
  );
  const newest = own.at(-1);
  const fresh = judgeFreshness(expected, { repository, sets: own, now });
  return [
    fresh,
    ...(newest === undefined ? [] : suspicion(newest, repository)),
    ...judgeDeviations(own, { repository }),
    ...(newest !== undefined && expected.expectsEmpty !== true
      ? emptiness(newest, repository)
      : []),
  ];
}

function emptiness(
  { plan, database, id, startedAt, empty = null }: SeenSet,
  repository: string,
): Finding[] {
  if (empty === null) return [];
  const found: Finding = finding(
    { plan, database, repository },
    {
      verdict: 'empty',
      severity: 'warning',
      detail: `the newest set was taken ${speakTime(startedAt)}, and ${empty}`,
      since: startedAt,
      set: id,
      hint: `See that ${database} is the right database and that nobody emptied it. Where that is meant, set databases.${database}.expectEmpty: true.`,
    },
  );
  return [found];
}

/** Begins the hint of a SUSPECT set; the stack says instead how it takes one. */
export const NEW_BACKUP = 'Take a new backup now. ';

/** Of bad bytes or a failed drill: what is unlike the earlier sets has verdicts of its own. */
function suspicion(
  { plan, database, id, startedAt, suspicions, why }: SeenSet,
  repository: string,
): Finding[] {
  const latest = suspicions.find((one) => !isOfAnomaly(one));
  if (latest === undefined) return [];
  const reason = why === undefined ? `\`holdfast show ${id}\` says why` : describeSuspicion(why);
  return [
    finding(
      { plan, database, repository },
      {
        verdict: 'suspect',
        severity: 'critical',
        detail: `the newest set, taken ${speakTime(startedAt)}, is SUSPECT: ${reason}`,
        since: latest.at,
        set: id,
        hint: `${NEW_BACKUP}${endOfSuspicion(latest.kind ?? 'damage', id)}`,
      },
    ),
  ];
}

/** Also of plans that the config no longer has: their sets are kept for somebody. */
function judgeDamage({ repository, sets }: RepositoryView): Finding[] {
  const groups = Map.groupBy(sets, ({ plan, database }) => JSON.stringify([plan, database]));
  return [...groups.values()].flatMap((group) => {
    const damaged = group.filter(({ damage }) => damage !== null).toReversed();
    const [newest] = damaged;
    return newest === undefined
      ? []
      : [corruption(newest, { repository, damaged, total: group.length })];
  });
}

interface CorruptionOptions {
  repository: string;
  damaged: readonly SeenSet[];
  total: number;
}

function corruption(
  { plan, database, id }: SeenSet,
  { repository, damaged, total }: CorruptionOptions,
): Finding {
  const shown = damaged.slice(0, 3).map((set) => `${set.id}: ${set.damage}`);
  const more = damaged.length > shown.length ? [`and ${damaged.length - shown.length} more`] : [];
  return finding(
    { plan, database, repository },
    {
      verdict: 'corrupt',
      severity: 'critical',
      detail: `${damaged.length} of ${total} sets ${damaged.length === 1 ? 'is' : 'are'} damaged (${[...shown, ...more].join('; ')})`,
      set: id,
      hint: 'Find out who or what changed the repository. Restore from another copy or another set, and take a new backup now.',
    },
  );
}

export interface Disk {
  freeBytes: number;
  totalBytes: number;
}

/** @param diskFull the share above which a disk is too full. */
export function judgeDisk(
  { freeBytes, totalBytes }: Disk,
  { repository, diskFull }: { repository: string; diskFull: number },
): Finding {
  const used = totalBytes === 0 ? 1 : 1 - freeBytes / totalBytes;
  const isFull = used > diskFull;
  return finding(
    { plan: null, database: null, repository },
    {
      verdict: 'disk',
      severity: isFull ? 'warning' : 'ok',
      detail: `the disk is ${speakShare(used)} full, ${speakGigabytes(freeBytes)} free; at most ${speakShare(diskFull)}`,
      hint: isFull
        ? 'Make room, take a larger disk, or keep sets for a shorter time: `holdfast prune` shows what may go.'
        : null,
    },
  );
}

/** Nothing is known of what should lie in a repository that does not answer: one finding for each expectation, or one for all. */
export function judgeUnreachable(
  { message, hint }: { message: string; hint?: string | undefined },
  { repository, expectations }: Pick<RepositoryView, 'repository' | 'expectations'>,
): Finding[] {
  const places = expectations.length > 0 ? expectations : [{ plan: null, database: null }];
  return places.map(({ plan, database }) =>
    finding(
      { plan, database, repository },
      { verdict: 'unreachable', severity: 'unknown', detail: message, hint: hint ?? null },
    ),
  );
}
