import { type AlertOrigin, alertMessage } from '../domain/alert-message.ts';
import {
  type Alert,
  type AlertState,
  type Decision,
  decideAlerts,
  type Observation,
} from '../domain/alerts.ts';
import { knownFailure } from '../domain/known-failure.ts';
import { isWorse } from '../domain/severity.ts';
import type { AlertMemory, Heartbeat, Notifier } from '../ports/notifier.ts';

/** Whom to tell, and what they were told before. */
export interface Alerting {
  notifiers: readonly Notifier[];
  memory: AlertMemory;
  coolDownSeconds: number;
  origin: AlertOrigin;
  /** Hears what a channel was told, once it was delivered. */
  onTold?: (alerts: readonly Alert[]) => void;
}

/**
 * Tells every channel what it does not know yet: one message a channel. A channel that fails keeps its state, so that the next run tells
 * it again, and keeps nothing from the others. @returns what went wrong, in sentences; never throws.
 */
export async function tell(alerting: Alerting, observation: Observation): Promise<string[]> {
  const told = await Promise.all(
    alerting.notifiers.map((notifier) => tellOne(notifier, { alerting, observation })),
  );
  return told.filter((complaint) => complaint !== undefined);
}

interface TellOptions {
  alerting: Alerting;
  observation: Observation;
}

async function tellOne(
  notifier: Notifier,
  { alerting, observation }: TellOptions,
): Promise<string | undefined> {
  const { memory, coolDownSeconds, origin } = alerting;
  const { channel } = notifier;
  const { told, complaint: forgotten } = await recalled(memory, channel);
  try {
    const {
      alerts: decided,
      open,
      changes,
    } = decideAlerts(told, heardBy(notifier, observation), { coolDownSeconds });
    const { alerts, claimed, unclaimed } = await withOwnEnds(decided, { channel, memory, told });
    const complaint = forgotten ?? unclaimed;
    if (alerts.length === 0) return complaint;
    const message = alertMessage(alerts, { ...origin, at: observation.at, open });
    await notifier.deliver(message).catch(async (error: unknown) => {
      await giveBack(claimed, { channel, memory, told });
      throw error;
    });
    alerting.onTold?.(alerts);
    await memory.remember(channel, changesOf(alerts, { changes, thread: message.thread }), told);
    return complaint;
  } catch (error) {
    return forgotten ?? complaintOf(error);
  }
}

interface ChangeOptions {
  changes: Decision['changes'];
  /** Of the message that told them. */
  thread: string;
}

/** What is to be remembered of the alerts; a new problem belongs to the conversation it was told in. */
function changesOf(
  alerts: readonly Alert[],
  { changes, thread }: ChangeOptions,
): Decision['changes'] {
  return Object.fromEntries(
    alerts.map(({ key }) => {
      const change = changes[key] ?? null;
      return [key, change === null ? null : { thread, ...change }];
    }),
  );
}

/** What can't be remembered is told again: better twice than not at all. */
async function recalled(
  memory: AlertMemory,
  channel: Notifier['channel'],
): Promise<{ told: AlertState; complaint?: string }> {
  try {
    return { told: await memory.recall(channel) };
  } catch (error) {
    return { told: {}, complaint: complaintOf(error) };
  }
}

interface EndOptions {
  channel: Notifier['channel'];
  memory: AlertMemory;
  told: AlertState;
}

/**
 * Without the ends that another run is telling at this moment. Only ends are claimed: a problem that two runs see at once comes twice
 * rather than not at all. An end that can't be claimed waits for the next run, and holds no problem back.
 */
async function withOwnEnds(
  alerts: readonly Alert[],
  { channel, memory, told }: EndOptions,
): Promise<OwnAlerts> {
  const over = Object.fromEntries(
    Object.entries(told).filter(([key]) =>
      alerts.some((alert) => isEnd(alert) && alert.key === key),
    ),
  );
  if (Object.keys(over).length === 0) return { alerts, claimed: {} };
  try {
    const claimed = await memory.claimEnds(channel, over);
    return { alerts: alerts.filter((alert) => !isEnd(alert) || alert.key in claimed), claimed };
  } catch (error) {
    return {
      alerts: alerts.filter((alert) => !isEnd(alert)),
      claimed: {},
      unclaimed: complaintOf(error),
    };
  }
}

interface OwnAlerts {
  alerts: readonly Alert[];
  claimed: AlertState;
  /** Why ends could not be claimed. */
  unclaimed?: string;
}

function isEnd({ kind }: Alert): boolean {
  return kind === 'recovered';
}

/** What was not delivered is anybody's again. A claim that can't be given back runs out, and hides nothing of what went wrong. */
async function giveBack(claimed: AlertState, { channel, memory, told }: EndOptions): Promise<void> {
  if (Object.keys(claimed).length === 0) return;
  await memory.remember(channel, claimed, told).catch(() => undefined);
}

/** What got less bad than a channel hears of is over for it. */
function heardBy({ leastSeverity }: Notifier, observation: Observation): Observation {
  if (leastSeverity === undefined) return observation;
  return {
    ...observation,
    problems: observation.problems.filter(({ severity }) => !isWorse(leastSeverity, severity)),
  };
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
