import type { Finding } from './finding.ts';
import type { Scorecard } from './health/scorecard.ts';
import type { Severity } from './severity.ts';

export interface Checked {
  status: Severity;
  checkedAt: Date;
  findings: readonly Finding[];
}

/** What `check --json` prints. @param scorecard one entry a database. */
export function checkDocument(
  { status, checkedAt, findings }: Checked,
  scorecard: readonly Scorecard[],
): object {
  return {
    status,
    checkedAt: checkedAt.toISOString(),
    findings: findings.map(({ since, ...finding }) => ({
      ...finding,
      since: since?.toISOString() ?? null,
    })),
    scorecard,
  };
}
