import type { Channel } from './notifier.ts';

/** Somebody who is to hear of alerts. */
export interface Subscription {
  protocol: string;
  /** Whom it reaches, without what a URL keeps secret. */
  endpoint: string;
  isConfirmed: boolean;
}

/** Who listens to a topic. */
export interface Subscriptions {
  readonly channel: Channel;
  /** @throws HoldfastError SERVICE_FAILED, ACCESS_DENIED, CREDENTIALS. */
  list(): Promise<Subscription[]>;
}
