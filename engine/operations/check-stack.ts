import type { Config } from '../config/schema.ts';
import type { Alert, Problem } from '../domain/alerts.ts';
import { measureAges, measureAudiences, measureCheck } from '../domain/check-metrics.ts';
import { digestMessage } from '../domain/digest.ts';
import { judgeRecoveryPlan, severityOfBackups } from '../domain/health/recovery-plan.ts';
import type { Measurement } from '../domain/metrics.ts';
import { type Severity, worstOf } from '../domain/severity.ts';
import type { SnapshotStanding } from '../domain/snapshot-verdict.ts';
import { type Audience, observeStack, silentTopics } from '../domain/stack-problems.ts';
import { type Standing, standingsOf } from '../domain/standing.ts';
import { isHoldfastError } from '../errors.ts';
import type { CheckedKey } from '../ports/checked-key.ts';
import type { Heartbeat } from '../ports/notifier.ts';
import type { Subscriptions } from '../ports/subscriptions.ts';
import { recordAlerts } from './alert/record-alerts.ts';
import type { AuditContext } from './audit.ts';
import { checkKeys } from './check/check-keys.ts';
import { checkRehearsal } from './check/check-rehearsal.ts';
import type { VaultSurroundings } from './check/check-settings.ts';
import {
  type CheckedConfig,
  type CheckResult,
  check,
  expectationsOf,
  withFindings,
} from './check.ts';
import { checkSnapshots, snapshotExpectations } from './check-snapshots.ts';
import type { Context, NamedRepository } from './context.ts';
import { assertTold } from './notify-failure.ts';
import { type BeginOf, planBegins } from './plan-begins.ts';
import type { SnapshotContext } from './snapshot-context.ts';
import { type Alerting, beat, tell } from './tell.ts';

export interface StackCheckOptions {
  vault: NamedRepository;
  clock: Context['clock'];
  config: CheckedConfig & Pick<Config, 'runbook'>;
  keys: readonly CheckedKey[];
  surroundings: VaultSurroundings | undefined;
  /** Where there are snapshot plans. */
  snapshots: SnapshotContext | undefined;
  alerting: Alerting;
  /** Writes down which alerts began and ended. */
  audit: AuditContext;
  topics: readonly Subscriptions[];
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
 * @throws HoldfastError ALERT_FAILED, and what `check` and the topics throw, when all else was told.
 */
export async function checkStack(options: StackCheckOptions): Promise<CheckedStack> {
  const { alerting, heartbeat, isDigest } = options;
  const seen = await survey(options);
  const { findings, checkedAt: at } = seen.result;
  const told: Alert[] = [];
  const complaints = await tell(
    { ...alerting, onTold: (alerts) => told.push(...alerts) },
    observeStack({ ...seen, findings, at, repository: undefined }),
  );
  await recordAlerts(options.audit, told, at);
  const silent = silentTopics(seen.audiences);
  assertTold(complaints);
  if (seen.failure !== undefined) throw seen.failure.error;
  if (isDigest) await sendDigest(options, { ...seen, silent });
  const ofTopics = silent.map(({ severity }) => severity);
  const status = worstOf([seen.result.status, ...ofTopics]);
  const isWell = worstOf([severityOfBackups(findings), ...ofTopics]) === 'ok';
  const notes = heartbeat !== undefined && isWell ? await beat(heartbeat) : [];
  return {
    status,
    findings: findings.map(({ severity, verdict, plan, database }) => ({
      severity,
      verdict,
      plan,
      database,
    })),
    notes,
  };
}

interface Surveyed {
  result: CheckResult;
  standings: readonly Standing[];
  snapshots: readonly SnapshotStanding[];
  /** Of the topics that answered. */
  audiences: readonly Audience[];
  /** Why a topic did not. */
  failure?: { error: unknown };
}

/** What there is to judge, and its measures. */
async function survey({
  vault,
  clock,
  config,
  keys,
  surroundings,
  snapshots,
  topics,
  measure,
}: StackCheckOptions): Promise<Surveyed> {
  const expected = expectationsOf(config, { repository: vault.name, now: clock.now() });
  const ofSnapshots = snapshots === undefined ? [] : snapshotExpectations(snapshots, clock.now());
  const beginOf = await planBegins({ repository: vault.repository, clock }, [
    ...expected,
    ...ofSnapshots,
  ]).catch(justBegun(clock));
  const inRds =
    snapshots === undefined
      ? { findings: [], standings: [] }
      : await checkSnapshots(snapshots, { beginOf });
  const options = { beginOf, surroundings };
  const judged = await check({ repositories: [vault], clock }, config, options);
  const result = withFindings(judged, [
    ...inRds.findings,
    ...(await checkKeys(keys, { now: clock.now(), whenRefused: 'warning' })),
    ...judgeRecoveryPlan(config, { now: clock.now(), knowsContacts: false }),
    ...(await checkRehearsal({ repositories: [vault] }, judged, config)),
  ]);
  const { findings, checkedAt: now, seen } = result;
  const standings = standingsOf(expected, seen.get(vault.name) ?? []);
  const heard = await audiencesOf(topics);
  if (seen.has(vault.name)) measure(measureCheck(standings, { findings, beginOf, now }));
  measure([
    ...measureAges(inRds.standings, { beginOf, now }),
    ...measureAudiences(heard.audiences),
  ]);
  return { result, standings, snapshots: inRds.standings, ...heard };
}

/** The check itself says that the vault does not answer; nothing is missing for that reason. */
function justBegun(clock: Context['clock']) {
  return (error: unknown): BeginOf => {
    if (!isHoldfastError(error)) throw error;
    return () => clock.now();
  };
}

/** A topic that can't be asked keeps nothing else from being told. */
async function audiencesOf(
  topics: readonly Subscriptions[],
): Promise<Pick<Surveyed, 'audiences' | 'failure'>> {
  const asked = await Promise.allSettled(topics.map(audienceOf));
  const audiences = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const refused = asked.find((one) => one.status === 'rejected');
  return refused === undefined ? { audiences } : { audiences, failure: { error: refused.reason } };
}

/** Who did not confirm hears nothing. */
async function audienceOf(topic: Subscriptions): Promise<Audience> {
  const subscribers = (await topic.list()).filter(({ isConfirmed }) => isConfirmed).length;
  return { topic: topic.channel, subscribers };
}

interface Digested extends Pick<Surveyed, 'result' | 'standings' | 'snapshots'> {
  silent: readonly Problem[];
}

/** To those who read in the morning; nobody is woken by it. */
async function sendDigest(
  { alerting }: StackCheckOptions,
  { result, standings, snapshots, silent }: Digested,
) {
  const { origin, notifiers } = alerting;
  const { findings, checkedAt: at } = result;
  const message = digestMessage(standings, {
    ...origin,
    at,
    findings,
    snapshots,
    problems: silent,
    command: origin.command ?? 'holdfast check',
  });
  await notifiers.find(({ channel }) => channel === 'warning')?.deliver(message);
}
