import { RUNBOOK } from '../contract.ts';
import { type AlertKey, namesIn, repositoryIn, topicKey } from './alert-key.ts';
import type { Observation, Problem } from './alerts.ts';
import type { Finding, Verdict } from './finding.ts';
import { decodeName } from './key.ts';
import { type CheckedPart, observeCheck } from './observations.ts';
import { isSnapshotPlace } from './snapshot-verdict.ts';
import { inStack } from './stack-findings.ts';
import { isMended, type Standing } from './standing.ts';

/** How many hear what is published to a topic. */
export interface Audience {
  topic: string;
  subscribers: number;
}

export interface StackCheck extends CheckedPart {
  findings: readonly Finding[];
  standings: readonly Standing[];
  /** Of the topics that could be asked. */
  audiences: readonly Audience[];
}

/**
 * What a check of the stack saw: its findings with what is to be done in AWS, and topics that nobody listens to. A failure that was told
 * is over when a later set of its plan was verified, or a later drill went well: also one that somebody began by hand, who tells nobody.
 */
export function observeStack({ findings, standings, audiences, ...part }: StackCheck): Observation {
  const seen = observeCheck(inStack(findings, standings), part);
  const problems = seen.problems.map(withRunbook);
  const asked = new Set(audiences.map(({ topic }) => topicKey(topic)));
  const wouldSee = (key: AlertKey) => asked.has(key) || seen.wouldSee(key);
  return {
    at: part.at,
    problems: [...problems, ...silentTopics(audiences)],
    wouldSee,
    isOver: (key, told) => isRunOver(key, { standings, since: new Date(told.toldAt) }),
  };
}

const HEADINGS: Partial<Record<string, string>> = {
  late: RUNBOOK.late,
  missing: RUNBOOK.late,
  clock: RUNBOOK.late,
  suspect: RUNBOOK.suspect,
  frozen: RUNBOOK.suspect,
  shrunk: RUNBOOK.shrunk,
  swollen: RUNBOOK.swollen,
  slow: RUNBOOK.swollen,
  corrupt: RUNBOOK.corrupt,
  unproven: RUNBOOK.unproven,
  unread: RUNBOOK.unread,
  rto: RUNBOOK.rto,
  settings: RUNBOOK.changed,
  uncopied: RUNBOOK.replication,
  key: RUNBOOK.keys,
  unnamed: RUNBOOK.unnamed,
  forged: RUNBOOK.forged,
  empty: RUNBOOK.otherContents,
  'other-server': RUNBOOK.otherContents,
  unattainable: RUNBOOK.unattainable,
  unreachable: RUNBOOK.unreachable,
  runbook: RUNBOOK.recoveryPlan,
  rehearsal: RUNBOOK.rehearsal,
} satisfies Partial<Record<Verdict, string>>;

/** Of findings about snapshots of RDS. */
const SNAPSHOT_HEADINGS: typeof HEADINGS = {
  late: RUNBOOK.snapshot,
  missing: RUNBOOK.snapshot,
  failed: RUNBOOK.snapshot,
  uncopied: RUNBOOK.uncopied,
  unreachable: RUNBOOK.snapshot,
} satisfies Partial<Record<Verdict, string>>;

function withRunbook(problem: Problem): Problem {
  const headings = isSnapshotPlace(decodeName(repositoryIn(problem.key) ?? ''))
    ? SNAPSHOT_HEADINGS
    : HEADINGS;
  const heading = headings[problem.key.slice(problem.key.lastIndexOf('/') + 1)];
  return heading === undefined ? problem : { ...problem, runbook: `${RUNBOOK.page}#${heading}` };
}

/** Topics that nobody listens to, as problems. */
export function silentTopics(audiences: readonly Audience[]): Problem[] {
  return audiences
    .filter(({ subscribers }) => subscribers === 0)
    .map(({ topic }) => silence(topic));
}

function silence(topic: string): Problem {
  return {
    key: topicKey(topic),
    severity: 'critical',
    title: `topic ${topic}: nobody listens`,
    detail:
      'it has no confirmed subscriber, so what is published there reaches nobody; the backups go on',
    since: null,
    hint: `Confirm the message that SNS sent to each address of aws.alerts.${topic}, or name one there and deploy again; then try it with \`holdfast remote test-alert\`.`,
    runbook: `${RUNBOOK.page}#${RUNBOOK.subscribers}`,
  };
}

interface Since {
  standings: readonly Standing[];
  since: Date;
}

/** A run of a whole plan is over when every database of it has a later set, and drills when every database has a later one. */
function isRunOver(key: AlertKey, { standings, since }: Since): boolean {
  const [kind, operation = ''] = key.split('/');
  const { plan, database } = namesIn(key);
  if (kind !== 'run' || !['backup', 'verify', 'drill', 'execution'].includes(operation))
    return false;
  const isConcerned = (one: Standing) =>
    (plan === undefined || one.plan === plan) &&
    (database === undefined || one.database === database);
  const concerned = standings.filter(isConcerned);
  const isOfDrills = operation === 'drill' || plan === undefined;
  const isOver = (one: Standing) =>
    isOfDrills ? wasDrilled(one, since) : isMended(standings, { ...one, since });
  return concerned.length > 0 && concerned.every(isOver);
}

function wasDrilled({ drilledAt }: Standing, since: Date): boolean {
  return drilledAt !== undefined && drilledAt > since;
}
