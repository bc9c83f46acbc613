import { RUNBOOK } from '../contract.ts';
import { type AlertKey, namesIn, topicKey } from './alert-key.ts';
import type { Observation, Problem } from './alerts.ts';
import type { Finding, Verdict } from './finding.ts';
import { type CheckedPart, observeCheck } from './observations.ts';
import { isMended, type Standing } from './standing.ts';

/** How many hear what is published to a topic. */
export interface Audience {
  topic: string;
  subscribers: number;
}

export interface StackCheck extends CheckedPart {
  findings: readonly Finding[];
  standings: readonly Standing[];
  audiences: readonly Audience[];
}

const HEADINGS: Partial<Record<Verdict, string>> = {
  late: RUNBOOK.late,
  missing: RUNBOOK.late,
  clock: RUNBOOK.late,
  suspect: RUNBOOK.suspect,
  corrupt: RUNBOOK.corrupt,
  unproven: RUNBOOK.unproven,
  unreachable: RUNBOOK.unreachable,
};

/**
 * What a check of the stack saw: its findings with their page of the runbook, and topics that nobody listens to. A run that was told to
 * have failed is over when a later set of its plan was verified: the run that went well tells nobody.
 */
export function observeStack({ findings, standings, audiences, ...part }: StackCheck): Observation {
  const seen = observeCheck(findings, part);
  const problems = seen.problems.map((problem) => withRunbook(problem));
  const silent = audiences.filter(({ subscribers }) => subscribers === 0).map(({ topic }) => silence(topic));
  const wouldSee = (key: AlertKey) => key.startsWith('topic/') || seen.wouldSee(key);
  return {
    at: part.at,
    problems: [...problems, ...silent],
    wouldSee,
    isOver: (key, told) => isRunOver(key, { standings, since: new Date(told.toldAt) }),
  };
}

function withRunbook(problem: Problem): Problem {
  const heading = HEADINGS[problem.key.slice(problem.key.lastIndexOf('/') + 1) as Verdict];
  return heading === undefined ? problem : { ...problem, runbook: `${RUNBOOK.page}#${heading}` };
}

function silence(topic: string): Problem {
  return {
    key: topicKey(topic),
    severity: 'critical',
    title: `topic ${topic}: nobody listens`,
    detail: 'it has no confirmed subscriber, so what is published there reaches nobody',
    since: null,
    hint: `Confirm the message that SNS sent to each address of aws.alerts.${topic}, or name one there and deploy again.`,
    runbook: `${RUNBOOK.page}#${RUNBOOK.subscribers}`,
  };
}

/** A run of a whole plan is over when every database of it has a later set. */
function isRunOver(key: AlertKey, { standings, since }: { standings: readonly Standing[]; since: Date }): boolean {
  const [kind, operation = ''] = key.split('/');
  const { plan, database } = namesIn(key);
  if (kind !== 'run' || plan === undefined || !['backup', 'verify', 'execution'].includes(operation)) return false;
  const concerned = standings.filter((one) => one.plan === plan && (database === undefined || one.database === database));
  return concerned.length > 0 && concerned.every((one) => isMended(standings, { ...one, since }));
}
