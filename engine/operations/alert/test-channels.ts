import type { AlertMessage } from '../../domain/alert-message.ts';
import { knownFailure } from '../../domain/known-failure.ts';
import type { Channel, Notifier } from '../../ports/notifier.ts';

export interface ChannelTarget {
  notifier: Notifier;
  /** Where its messages go, without a secret. */
  destination: string;
}

export interface TestedChannel {
  channel: Channel;
  destination: string;
  isDelivered: boolean;
  /** Why it was not delivered; null where it was. */
  problem: string | null;
}

/**
 * Sends the message through every channel, whatever was sent before: nothing is remembered, so that
 * a test neither delays nor ends a real alert. A channel that fails does not stop the others.
 */
export function testChannels(
  targets: readonly ChannelTarget[],
  message: AlertMessage,
): Promise<TestedChannel[]> {
  return Promise.all(
    targets.map(async ({ notifier, destination }) => {
      const tested = { channel: notifier.channel, destination };
      try {
        await notifier.deliver(message);
        return { ...tested, isDelivered: true, problem: null };
      } catch (error) {
        return { ...tested, isDelivered: false, problem: knownFailure(error).message };
      }
    }),
  );
}
