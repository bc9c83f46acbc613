import { type AlertOrigin, alertMessage } from '../domain/alert-message.ts';
import { decideAlerts, type Observation } from '../domain/alerts.ts';
import { knownFailure } from '../domain/known-failure.ts';
import { isWorse } from '../domain/severity.ts';
import type { AlertMemory, Heartbeat, Notifier } from '../ports/notifier.ts';

/** Whom to tell, and what they were told before. */
export interface Alerting {
  notifiers: readonly Notifier[];
  memory: AlertMemory;
  coolDownSeconds: number;
  origin: AlertOrigin;
}

/**
 * Tells every channel what it does not know yet: one message a channel. A channel that fails keeps its state, so that the next run tells
 * it again, and keeps nothing from the others. @returns what went wrong, in sentences; never throws.
 */
export async function tell(alerting: Alerting, observation: Observation): Promise<string[]> {
  const told = await Promise.all(alerting.notifiers.map((notifier) => tellOne(notifier, { alerting, observation })));
  return told.filter((complaint) => complaint !== undefined);
}

interface TellOptions {
  alerting: Alerting;
  observation: Observation;
}

async function tellOne(notifier: Notifier, { alerting, observation }: TellOptions): Promise<string | undefined> {
  const { memory, coolDownSeconds, origin } = alerting;
  try {
    const told = await memory.recall(notifier.channel);
    const { alerts, open, changes } = decideAlerts(told, heardBy(notifier, observation), { coolDownSeconds });
    if (alerts.length === 0) return undefined;
    await notifier.deliver(alertMessage(alerts, { ...origin, at: observation.at, open }));
    await memory.remember(notifier.channel, changes);
    return undefined;
  } catch (error) {
    return complaintOf(error);
  }
}

/** What got less bad than a channel hears of is over for it. */
function heardBy({ leastSeverity }: Notifier, observation: Observation): Observation {
  if (leastSeverity === undefined) return observation;
  return { ...observation, problems: observation.problems.filter(({ severity }) => !isWorse(leastSeverity, severity)) };
}

/** @returns what went wrong, or nothing; never throws. */
export async function beat(heartbeat: Heartbeat): Promise<string[]> {
  try {
    await heartbeat.beat();
    return [];
  } catch (error) {
    return [complaintOf(error)];
  }
}

/** A fault of ours in one channel must not keep from being heard what became of the others. */
function complaintOf(error: unknown): string {
  const { message, hint } = knownFailure(error);
  return hint === undefined ? message : `${message}. ${hint}`;
}
