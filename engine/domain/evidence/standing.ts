import type { Checked } from '../check-document.ts';
import type { Scorecard, ScoredCopy } from '../health/scorecard.ts';
import type { Standing } from './standing-schema.ts';

/** What a check found and the scorecard, as a report has them. */
export function standingOf(
  { checkedAt, findings }: Checked,
  scorecard: readonly Scorecard[],
): Standing {
  return {
    checkedAt: checkedAt.toISOString(),
    findings: findings
      .filter(({ severity }) => severity !== 'ok')
      .map(({ severity, verdict, plan, database, repository, detail, since }) => ({
        ...{ severity, verdict, plan, database, repository, detail, since: iso(since) },
      })),
    scorecard: scorecard.map(({ database, copies, rpo, rto, rule321 }) => ({
      database,
      copies: copies.map(copyOf),
      rpoSeconds: rpo.seconds,
      rtoSeconds: rto.seconds,
      copyCount: rule321.copies,
      offSite: rule321.offSite,
      is321: rule321.isMet,
      missing: rule321.missing,
      unknown: rule321.unknown,
    })),
  };
}

function copyOf(copy: ScoredCopy): Standing['scorecard'][number]['copies'][number] {
  const { repository, medium, set, state, takenAt, lockedUntil, lastReadAt, provenAt } = copy;
  return {
    ...{ repository, medium, set, state, takenAt: iso(takenAt), lockedUntil: iso(lockedUntil) },
    ...{ lastReadAt: iso(lastReadAt), provenAt: iso(provenAt) },
  };
}

function iso(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
