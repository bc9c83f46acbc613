import type { Config } from '../../config/schema.ts';
import { type Finding, finding, type Verdict } from '../finding.ts';
import { isOverdue, nextReview } from '../runbook/review.ts';
import { type Severity, worstOf } from '../severity.ts';

/** Stands where other findings have a repository: this one is about the config. */
export const CONFIG_PLACE = 'config';

export type PlanSettings = Pick<Config, 'runbook' | 'contacts'>;

export interface PlanOptions {
  now: Date;
  /** False in the stack, whose config names no people. */
  knowsContacts: boolean;
}

/**
 * Whether the recovery plan has people and a review that is not due. A config without `runbook` asks for no
 * reminder, so nothing is found.
 */
export function judgeRecoveryPlan(
  { runbook, contacts = [] }: PlanSettings,
  { now, knowsContacts }: PlanOptions,
): Finding[] {
  if (runbook === undefined) return [];
  const review = { every: runbook.review, last: runbook.reviewed ?? null };
  const next = nextReview(review);
  const overdue = isOverdue(review, now) ? next : null;
  const faults = [
    ...(knowsContacts && contacts.length === 0 ? ['names nobody to call (`contacts`)'] : []),
    ...(review.last === null ? ['has no review on record (`runbook.reviewed`)'] : []),
    ...(overdue === null ? [] : [`was to be reviewed by ${overdue}`]),
  ];
  if (faults.length === 0) return [];
  return [
    finding(
      { plan: null, database: null, repository: CONFIG_PLACE },
      {
        verdict: 'runbook',
        severity: 'warning',
        detail: `the recovery plan ${faults.join(', and ')}`,
        since: overdue === null ? null : new Date(overdue),
        hint: 'Make it with `holdfast runbook > DR-PLAN.md`, read it with the people who need it, and set `runbook.reviewed` to the day.',
      },
    ),
  ];
}

/**
 * What is worth knowing while the backups themselves are well: a review or a rehearsal that is due, and a database that grew or a dump that took
 * longer, which may stand for weeks until the new value has become usual.
 */
export function isAdvice(verdict: Verdict): boolean {
  return (
    verdict === 'runbook' || verdict === 'rehearsal' || verdict === 'swollen' || verdict === 'slow'
  );
}

/** How the backups are: advice must not stop a heartbeat. */
export function severityOfBackups(findings: readonly Finding[]): Severity {
  const ofBackups = findings.filter(({ verdict }) => !isAdvice(verdict));
  return worstOf(ofBackups.map(({ severity }) => severity));
}

/** What is said where nothing reminds anybody. */
export function describeMissingPlan({ runbook, contacts = [] }: PlanSettings): string | null {
  if (runbook !== undefined) return null;
  const what = contacts.length === 0 ? '`contacts` and `runbook` are' : '`runbook` is';
  return `${what} not set, so nobody is reminded to review the recovery plan that \`holdfast runbook\` writes`;
}
