import { RUNBOOK } from '../contract.ts';
import type { RunSubject } from './alert-key.ts';
import type { Observation } from './alerts.ts';
import { type Failure, observeFailure } from './observations.ts';

/** What a person has to know of a function of the stack that can't do its work. */
interface Advice {
  /** What is still safe, in a clause. */
  safe: string;
  heading: string;
}

const ADVICE: Readonly<Record<string, Advice>> = {
  'start-run': {
    safe: 'the run of this time did not begin; earlier sets stay as they are',
    heading: RUNBOOK.functions,
  },
  prune: { safe: 'what must stay stays, and no lock is shorter', heading: RUNBOOK.prune },
  check: {
    safe: 'nobody looked after the backups this time; they stay as they are',
    heading: RUNBOOK.check,
  },
  'seal-ledger': {
    safe: 'the audit records stay as they are, and the next entry covers those that this one would have had',
    heading: RUNBOOK.ledger,
  },
  report: {
    safe: 'the records of the month stay, and its report can be made again at any time',
    heading: RUNBOOK.evidence,
  },
  'rds-snapshot': {
    safe: 'no snapshot was taken, copied or removed this time; those that are there stay, and the sets in the vault do not depend on it',
    heading: RUNBOOK.snapshot,
  },
  'watch-recovery-point': {
    safe: 'the sets in the vault do not depend on it',
    heading: RUNBOOK.functions,
  },
  'tell-access': {
    safe: 'a read of a backup by others was not told; the sets in the vault stay as they are',
    heading: RUNBOOK.access,
  },
};

const OTHER: Advice = {
  safe: 'the sets in the vault stay as they are',
  heading: RUNBOOK.functions,
};

/** A function that failed for a reason that no second try mends. */
export function observeFunctionFailure(
  subject: RunSubject,
  failure: Failure,
  at: Date,
): Observation {
  const { safe, heading } = ADVICE[subject.operation] ?? OTHER;
  const seen = observeFailure(subject, failure, at);
  const problems = seen.problems.map((problem) => ({
    ...problem,
    detail: `${problem.detail}; ${safe}`,
    runbook: `${RUNBOOK.page}#${heading}`,
  }));
  return { ...seen, problems };
}
