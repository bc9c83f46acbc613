import type { AlertMessage } from '../domain/alert-message.ts';
import type { AlertState, Decision } from '../domain/alerts.ts';
import type { Severity } from '../domain/severity.ts';

/** The last two are the topics of the stack. */
export const CHANNELS = ['email', 'webhook', 'command', 'critical', 'warning'] as const;
export type Channel = (typeof CHANNELS)[number];

/** One way to tell people something. */
export interface Notifier {
  readonly channel: Channel;
  /** What is less bad is not told here; everything is unless given. */
  readonly leastSeverity?: Severity;
  /**
   * Resolves when the other side has taken the message; what is passing has been tried again before. A message may come twice.
   * @throws HoldfastError ALERT_FAILED that names no address.
   */
  deliver(message: AlertMessage): Promise<void>;
}

/** What every channel was told, from one run to the next. */
export interface AlertMemory {
  /** Empty where nothing was told, or what was written is none of ours. @throws HoldfastError ALERT_FAILED where it can't be asked. */
  recall(channel: Channel): Promise<AlertState>;
  /**
   * Which of these ends are the caller's to tell: one of those who see the same end side by side. To give one back, `remember` it as it was;
   * one that is neither given back nor forgotten is anybody's again after some minutes. @throws HoldfastError ALERT_FAILED.
   */
  claimEnds(channel: Channel, over: AlertState): Promise<AlertState>;
  /**
   * Changes only the keys that are named, so that runs side by side keep each other's. @param told what was recalled: the end of something
   * that was told anew since is not remembered. @throws HoldfastError ALERT_FAILED.
   */
  remember(channel: Channel, changes: Decision['changes'], told: AlertState): Promise<void>;
}

/** A watchman outside, who rings when it hears nothing for too long. */
export interface Heartbeat {
  /** @throws HoldfastError ALERT_FAILED that does not name the URL. */
  beat(): Promise<void>;
}
