import { type AlertOrigin, alertMessage } from '../domain/alert-message.ts';
import { decideAlerts, type Observation } from '../domain/alerts.ts';
import { isHoldfastError } from '../errors.ts';
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
 * it again, and keeps nothing from the others. @returns what went wrong, in sentences; never throws HoldfastError.
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
  const { alerts, open, changes } = decideAlerts(await memory.recall(notifier.channel), observation, { coolDownSeconds });
  if (alerts.length === 0) return undefined;
  try {
    await notifier.deliver(alertMessage(alerts, { ...origin, at: observation.at, open }));
    await memory.remember(notifier.channel, changes);
    return undefined;
  } catch (error) {
    return complaintOf(error);
  }
}

/** @returns what went wrong, or nothing; never throws HoldfastError. */
export async function beat(heartbeat: Heartbeat): Promise<string[]> {
  try {
    await heartbeat.beat();
    return [];
  } catch (error) {
    return [complaintOf(error)];
  }
}

function complaintOf(error: unknown): string {
  if (!isHoldfastError(error)) throw error;
  return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
}
