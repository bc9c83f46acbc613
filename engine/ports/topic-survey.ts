import type { Channel } from './notifier.ts';

/** A topic that alerts go to. */
export interface TopicSurvey {
  readonly channel: Channel;
  /** Subscriptions that were confirmed: who would hear an alert. @throws HoldfastError SERVICE_FAILED, ACCESS_DENIED, CREDENTIALS. */
  subscribers(): Promise<number>;
}
