import { type Finding, finding, isSound, isUnread, type SeenSet } from '../finding.ts';
import type { UnreadReason } from '../set/unread-reason.ts';
import { latestOf } from './latest-of.ts';

/** Bytes that lie unread can rot unseen: nothing but reading them shows it. */
export const READ_BACK_WITHIN_DAYS = 45;

/** `overdue`: nobody has read its objects back for READ_BACK_WITHIN_DAYS. */
type Reason = UnreadReason | 'overdue';

interface Judged {
  severity: Finding['severity'];
  /** What is so of the sets. */
  clause: string;
  hint?: string;
}

const JUDGED: Record<Reason, Judged> = {
  denied: {
    severity: 'warning',
    clause: 'with a manifest that may not be read',
    hint: 'Let the user or role that runs `holdfast check` read every manifest.json, and find out who changed the rights.',
  },
  newer: {
    severity: 'warning',
    clause: 'of a newer format, which this version does not read',
    hint: 'Update this Holdfast to the version that takes the backups, and check again.',
  },
  gone: {
    severity: 'warning',
    clause: 'with a manifest that could be listed and not read',
    hint: 'Run `holdfast check` again. Where it says the same, find out who removes objects there.',
  },
  overdue: {
    severity: 'warning',
    clause: `not read back by a verification or a drill for ${READ_BACK_WITHIN_DAYS} d`,
  },
  cold: {
    severity: 'ok',
    clause: 'in a cold storage class, and their manifests were not read',
  },
};

/** The worst first. */
const REASONS = Object.keys(JUDGED) as Reason[];

/**
 * Sets of which nobody knows whether they are whole: their manifests could not be read, or their objects were not read back for a
 * long time. One finding a plan and database, the worst reason first.
 */
export function judgeUnread(
  sets: readonly SeenSet[],
  { repository, now }: { repository: string; now: Date },
): Finding[] {
  const groups = Map.groupBy(sets, ({ plan, database }) => JSON.stringify([plan, database]));
  return [...groups.values()].flatMap((group) => {
    const byReason = Map.groupBy(group, (set) => reasonOf(set, now));
    const reasons = REASONS.filter((reason) => byReason.has(reason));
    const [worst] = reasons;
    if (worst === undefined) return [];
    const clauses = reasons.map((reason) => {
      const count = byReason.get(reason)?.length ?? 0;
      return `${count} of ${group.length} sets ${count === 1 ? 'is' : 'are'} ${JUDGED[reason].clause}`;
    });
    const overdue = byReason.get('overdue') ?? [];
    const hints = reasons.map((reason) =>
      reason === 'overdue' ? readBack(overdue) : JUDGED[reason].hint,
    );
    const { plan, database, id } = (byReason.get(worst) ?? []).at(-1) as SeenSet;
    return [
      finding(
        { plan, database, repository },
        {
          verdict: 'unread',
          severity: JUDGED[worst].severity,
          detail: `${clauses.join('; ')} (${id})`,
          since: worst === 'overdue' ? overdueSince(overdue) : null,
          set: id,
          hint: hints.filter((hint) => hint !== undefined).join(' ') || null,
        },
      ),
    ];
  });
}

function reasonOf(set: SeenSet, now: Date): Reason | undefined {
  if (set.unread !== undefined && set.unread !== null) return set.unread.why;
  const isJudged = isSound(set) && !isUnread(set) && set.isCold !== true;
  return isJudged && dueAt(set) < now ? 'overdue' : undefined;
}

/** When all bytes of a set were last read back, by a verification or a drill of this copy. */
export function lastReadAt({ checkedAt, provedAt, provenIn }: SeenSet): Date | undefined {
  return latestOf([checkedAt, provenIn === undefined ? provedAt : null]);
}

/** Whether only its proof says that it was read in time: that may have come from another copy. */
export function restsOnProof(set: SeenSet, now: Date): boolean {
  const isLate = (one: SeenSet) => reasonOf(one, now) === 'overdue';
  return !isLate(set) && isLate({ ...set, provedAt: null });
}

/** A set that nobody ever read back counts from its backup. */
function dueAt(set: SeenSet): Date {
  const from = lastReadAt(set) ?? set.startedAt;
  return new Date(from.getTime() + READ_BACK_WITHIN_DAYS * 86_400_000);
}

function overdueSince(overdue: readonly SeenSet[]): Date {
  return new Date(Math.min(...overdue.map((set) => dueAt(set).getTime())));
}

/** Begins the hint of sets that nobody has read; the stack says instead what reads them there. */
export const ROTATE_DAILY = 'Let `holdfast verify --rotate` run daily (`holdfast schedule`); ';

/** The set that nobody has read for the longest time comes first. */
function readBack(overdue: readonly SeenSet[]): string {
  const [{ id }] = overdue.toSorted(
    (one, other) => dueAt(one).getTime() - dueAt(other).getTime(),
  ) as [SeenSet];
  return `${ROTATE_DAILY}the oldest one is \`holdfast verify ${id}\`.`;
}
