import {
  type AlertKey,
  checkKey,
  isRunOf,
  type RunSubject,
  repositoryIn,
  runKey,
} from './alert-key.ts';
import type { Observation, Problem } from './alerts.ts';
import type { Finding } from './finding.ts';
import { isAdvice } from './health/recovery-plan.ts';
import { encodeName } from './key.ts';

export interface CheckedPart {
  at: Date;
  /** The only repository that was looked at; undefined for all. */
  repository: string | undefined;
}

/** What a check saw. Of a repository that did not answer it knows no more than that. */
export function observeCheck(
  findings: readonly Finding[],
  { at, repository }: CheckedPart,
): Observation {
  const silent = new Set(
    findings
      .filter(({ verdict }) => verdict === 'unreachable')
      .map((found) => encodeName(found.repository)),
  );
  const wouldSee = (key: AlertKey) => {
    const place = repositoryIn(key);
    if (place === undefined)
      return isRunOf(key, { operation: 'check', plan: null, database: null });
    // A rehearsal on record in a repository that does not answer would end it.
    if (silent.size > 0 && key.endsWith('/rehearsal')) return false;
    return !silent.has(place) && (repository === undefined || place === encodeName(repository));
  };
  return {
    at,
    problems: findings.filter(({ severity }) => severity !== 'ok').map(problemOf),
    wouldSee,
  };
}

function problemOf(found: Finding): Problem {
  const { severity, detail, since, hint, verdict } = found;
  const problem = { key: checkKey(found), severity, title: titleOf(found), detail, since, hint };
  return isAdvice(verdict) ? { ...problem, repeatSeconds: WEEK_SECONDS } : problem;
}

/** What stands for days without being an emergency is repeated once a week. */
const WEEK_SECONDS = 7 * 86_400;

function titleOf({ plan, database, repository, verdict }: Finding): string {
  const place = placeOf({ plan, database });
  if (verdict === 'runbook') return 'recovery plan: not reviewed';
  if (verdict === 'key') return `${repository}: not as it should be`;
  if (verdict === 'rehearsal') return 'recovery plan: no rehearsal for a year';
  return place === ''
    ? `repository ${repository}: ${verdict}`
    : `${place} in ${repository}: ${verdict}`;
}

/** `clinic/nightly`, as far as it is known. */
function placeOf({ plan, database }: Pick<Finding, 'plan' | 'database'>): string {
  return [database, plan].filter((name) => name !== null).join('/');
}

export interface Failure {
  code: string;
  message: string;
  hint?: string | null | undefined;
}

export function observeFailure(
  subject: RunSubject,
  { code, message, hint = null }: Failure,
  at: Date,
): Observation {
  const place = placeOf(subject);
  const what = `${subject.operation} failed (${code})`;
  const title = place === '' ? what : `${place}: ${what}`;
  const problem: Problem = {
    key: runKey(subject),
    severity: 'critical',
    title,
    detail: message,
    since: null,
    hint,
  };
  return { at, problems: [problem], wouldSee: () => false };
}

export function observeSuccess(subject: RunSubject, at: Date): Observation {
  return { at, problems: [], wouldSee: (key) => isRunOf(key, subject) };
}
