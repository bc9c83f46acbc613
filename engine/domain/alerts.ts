import type { AlertKey } from './alert-key.ts';
import { isWorse, type Severity } from './severity.ts';
import { speakSeconds } from './spoken-numbers.ts';

/** What a channel was told and has not been told the end of. */
export interface Told {
  severity: Severity;
  title: string;
  /** ISO 8601. */
  since: string;
  toldAt: string;
  /** Id of the message that began the conversation about it. */
  thread?: string | undefined;
}

export type AlertState = Readonly<Record<AlertKey, Told>>;

/** Something that is not as it should be. */
export interface Problem {
  key: AlertKey;
  severity: Severity;
  /** Where and what, in a few words: `clinic/nightly in local: late`. */
  title: string;
  detail: string;
  since: Date | null;
  hint: string | null;
  /** Page and heading that say more. */
  runbook?: string;
  /** Seconds before it is told again, where that is longer than the cool-down: what can wait for days. */
  repeatSeconds?: number;
}

/** What one run saw. */
export interface Observation {
  at: Date;
  problems: readonly Problem[];
  /** Whether the run could have seen the problem of this key: then, if it didn't, it is over. */
  wouldSee: (key: AlertKey) => boolean;
  /** Whether what the run did see shows that a problem is over that it could not have seen itself. */
  isOver?: (key: AlertKey, told: Told) => boolean;
}

/** `still`: told before, and told again after the cool-down. */
export type AlertKind = 'problem' | 'worse' | 'still' | 'recovered';

export interface Alert extends Problem {
  kind: AlertKind;
  since: Date;
  /** What was told of it before; undefined where it is new. */
  previousSeverity?: Severity;
  /** Id of the message that began the conversation about it; undefined where it is new. */
  thread?: string | undefined;
}

export interface Decision {
  alerts: Alert[];
  /** Problems that were told not long ago, and go on. */
  open: Problem[];
  /** What becomes of the state when the alerts were delivered; null where a key is forgotten. */
  changes: Record<AlertKey, Told | null>;
}

/**
 * What a channel is to be told. A problem is told at once, when it gets worse at once again, and else after the cool-down; its end
 * is told once, and only to whom the problem was told.
 */
export function decideAlerts(
  told: AlertState,
  observation: Observation,
  { coolDownSeconds }: { coolDownSeconds: number },
): Decision {
  const decision: Decision = { alerts: [], open: [], changes: {} };
  for (const { repeatSeconds = 0, ...problem } of observation.problems) {
    const before = told[problem.key];
    const kind = kindOf(problem, {
      before,
      at: observation.at,
      coolDownSeconds: Math.max(coolDownSeconds, repeatSeconds),
    });
    const since = problem.since ?? (before === undefined ? observation.at : new Date(before.since));
    if (kind === undefined) decision.open.push({ ...problem, since });
    else decision.alerts.push({ ...problem, kind, since, ...previously(before) });
  }
  const seen = new Set(observation.problems.map(({ key }) => key));
  for (const [key, before] of Object.entries(told))
    if (!seen.has(key) && (observation.wouldSee(key) || observation.isOver?.(key, before)))
      decision.alerts.push(recovery(key, before, observation.at));
  for (const alert of decision.alerts)
    decision.changes[alert.key] = alert.kind === 'recovered' ? null : toldOf(alert, observation.at);
  return decision;
}

interface KindOptions {
  before: Told | undefined;
  at: Date;
  coolDownSeconds: number;
}

/** Undefined: nothing is to be said. A clock that was set back must not silence anything. */
function kindOf(
  { severity }: Problem,
  { before, at, coolDownSeconds }: KindOptions,
): AlertKind | undefined {
  if (before === undefined) return 'problem';
  if (isWorse(severity, before.severity)) return 'worse';
  const seconds = (at.getTime() - new Date(before.toldAt).getTime()) / 1000;
  return seconds >= 0 && seconds < coolDownSeconds ? undefined : 'still';
}

function recovery(key: AlertKey, before: Told, at: Date): Alert {
  const { title, since, severity } = before;
  const seconds = Math.max(0, (at.getTime() - new Date(since).getTime()) / 1000);
  const detail = `it was ${severity} for ${speakSeconds(seconds)}`;
  return {
    key,
    kind: 'recovered',
    severity: 'ok',
    title,
    detail,
    since: new Date(since),
    hint: null,
    ...previously(before),
  };
}

function previously(before: Told | undefined): Pick<Alert, 'previousSeverity' | 'thread'> {
  if (before === undefined) return {};
  const { severity: previousSeverity, thread } = before;
  return { previousSeverity, ...(thread === undefined ? {} : { thread }) };
}

function toldOf({ severity, title, since, thread }: Alert, at: Date): Told {
  const told = { severity, title, since: since.toISOString(), toldAt: at.toISOString() };
  return thread === undefined ? told : { ...told, thread };
}
