import { type Finding, finding, type SeenSet } from '../finding.ts';
import type { UnreadReason } from '../set/unread-reason.ts';

interface Judged {
  severity: Finding['severity'];
  /** What is so of the sets. */
  clause: string;
  hint: string | null;
}

const JUDGED: Record<UnreadReason, Judged> = {
  cold: {
    severity: 'ok',
    clause: 'in a cold storage class, and their manifests were not read',
    hint: null,
  },
  newer: {
    severity: 'warning',
    clause: 'of a newer format, which this version does not read',
    hint: 'Update this Holdfast to the version that takes the backups, and check again.',
  },
  denied: {
    severity: 'warning',
    clause: 'with a manifest that may not be read',
    hint: 'Let the user or role that runs `holdfast check` read every manifest.json, and find out who changed the rights.',
  },
  gone: {
    severity: 'warning',
    clause: 'with a manifest that could be listed and not read',
    hint: 'Run `holdfast check` again. Where it says the same, find out who removes objects there.',
  },
};

/** Sets whose manifests say nothing, though nothing is known to be wrong with them. One finding a plan and database, the worst reason first. */
export function judgeUnread(
  sets: readonly SeenSet[],
  { repository }: { repository: string },
): Finding[] {
  const groups = Map.groupBy(sets, ({ plan, database }) => JSON.stringify([plan, database]));
  return [...groups.values()].flatMap((group) => {
    const reasons = (['denied', 'newer', 'gone', 'cold'] as const).filter((why) =>
      group.some(({ unread }) => unread?.why === why),
    );
    const [worst] = reasons;
    if (worst === undefined) return [];
    const newest = group.findLast(({ unread }) => unread?.why === worst) as SeenSet;
    const clauses = reasons.map((why) => {
      const count = group.filter(({ unread }) => unread?.why === why).length;
      return `${count} of ${group.length} sets ${count === 1 ? 'is' : 'are'} ${JUDGED[why].clause}`;
    });
    const { severity, hint } = JUDGED[worst];
    const { plan, database, id } = newest;
    return [
      finding(
        { plan, database, repository },
        { verdict: 'unread', severity, detail: `${clauses.join('; ')} (${id})`, set: id, hint },
      ),
    ];
  });
}
