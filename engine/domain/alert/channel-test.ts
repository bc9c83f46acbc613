import { runKey } from '../alert-key.ts';
import { type AlertMessage, type AlertOrigin, alertMessage } from '../alert-message.ts';

/** By which a test is told from real alerts. */
export const TEST_ALERT_KEY = runKey({ operation: 'test-alert', plan: null, database: null });

export interface ChannelTestOptions extends AlertOrigin {
  /** Who asked for it. */
  by: string;
  at: Date;
}

/** A message that takes the way of the most severe alert, and says first that it is a test. */
export function channelTest({ by, at, ...origin }: ChannelTestOptions): AlertMessage {
  const alert = {
    key: TEST_ALERT_KEY,
    severity: 'critical' as const,
    title: 'TEST: nothing is wrong',
    detail: `${by} is testing whether alerts arrive`,
    since: at,
    hint: 'Tell the person who asked for the test that it arrived; nothing else is to be done.',
    kind: 'problem' as const,
  };
  return alertMessage([alert], { ...origin, at, open: [] });
}
