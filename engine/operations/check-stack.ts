import { measureCheck } from '../domain/check-metrics.ts';
import { digestMessage } from '../domain/digest.ts';
import type { Measurement } from '../domain/metrics.ts';
import type { Severity } from '../domain/severity.ts';
import { type Audience, observeStack } from '../domain/stack-problems.ts';
import { type Standing, standingsOf } from '../domain/standing.ts';
import type { Heartbeat } from '../ports/notifier.ts';
import type { TopicSurvey } from '../ports/topic-survey.ts';
import { type CheckedConfig, type CheckResult, check, expectationsOf } from './check.ts';
import type { Context, NamedRepository } from './context.ts';
import { assertTold } from './notify-failure.ts';
import { planBegins } from './plan-begins.ts';
import { type Alerting, beat, tell } from './tell.ts';

export interface StackCheckOptions {
  vault: NamedRepository;
  clock: Context['clock'];
  config: CheckedConfig;
  alerting: Alerting;
  topics: readonly TopicSurvey[];
  heartbeat: Heartbeat | undefined;
  measure: (measurements: readonly Measurement[]) => void;
  /** Tells how everything stands, whatever was told before: once a week. */
  isDigest: boolean;
}

export interface CheckedStack {
  status: Severity;
  findings: { severity: Severity; verdict: string; plan: string | null; database: string | null }[];
  /** What went wrong beside the check, and hides nothing. */
  notes: string[];
}

/**
 * The check of the vault every few hours, from what lies there: one message says what is new, worse or over, metrics say how old all is.
 * @throws HoldfastError ALERT_FAILED, and what `check` throws.
 */
export async function checkStack(options: StackCheckOptions): Promise<CheckedStack> {
  const { vault, clock, config, alerting, topics, heartbeat, measure, isDigest } = options;
  const expected = expectationsOf(config, { repository: vault.name, now: clock.now() });
  const beginOf = await planBegins({ repository: vault.repository, clock }, expected);
  const result = await check({ repositories: [vault], clock }, config, { beginOf });
  const { findings, checkedAt: at, seen, status } = result;
  const standings = standingsOf(expected, seen.get(vault.name) ?? []);
  if (seen.has(vault.name)) measure(measureCheck(standings, { findings, beginOf, now: at }));
  const audiences = await Promise.all(topics.map(audienceOf));
  const complaints = await tell(alerting, observeStack({ findings, standings, audiences, at, repository: undefined }));
  if (isDigest) await sendDigest(options, { result, standings });
  assertTold(complaints);
  const notes = heartbeat !== undefined && status === 'ok' ? await beat(heartbeat) : [];
  return { status, findings: findings.map(({ severity, verdict, plan, database }) => ({ severity, verdict, plan, database })), notes };
}

async function audienceOf(topic: TopicSurvey): Promise<Audience> {
  return { topic: topic.channel, subscribers: await topic.subscribers() };
}

/** To those who read in the morning; nobody is woken by it. */
async function sendDigest({ alerting }: StackCheckOptions, { result, standings }: { result: CheckResult; standings: readonly Standing[] }) {
  const { origin, notifiers } = alerting;
  const { findings, checkedAt: at } = result;
  const message = digestMessage(standings, { ...origin, at, findings, command: origin.command ?? 'holdfast check' });
  await notifiers.find(({ channel }) => channel === 'warning')?.deliver(message);
}
