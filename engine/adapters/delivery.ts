import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '../errors.ts';
import type { Channel } from '../ports/notifier.ts';

/** Why one try to deliver something failed. The reason names no address: URLs of webhooks and heartbeats are secrets. */
export class Undelivered extends Error {
  /** Whether another try may succeed. */
  readonly isPassing: boolean;

  constructor(reason: string, { isPassing }: { isPassing: boolean }) {
    super(reason);
    this.isPassing = isPassing;
  }
}

/** One part of a URL without its percent signs. @throws Undelivered. */
export function decodedPart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Undelivered('the login in its URL has a percent sign that is not written as %25', {
      isPassing: false,
    });
  }
}

const TRIES = 3;

/** Tries up to three times; the pause before a new try grows fourfold. @throws Undelivered of the last try. */
export async function inThreeTries(
  deliver: () => Promise<void>,
  { pauseMs }: { pauseMs: number },
): Promise<void> {
  for (let made = 1; ; made += 1) {
    try {
      await deliver();
      return;
    } catch (error) {
      if (!(error instanceof Undelivered) || !error.isPassing || made === TRIES) throw error;
      await sleep(pauseMs * 4 ** (made - 1));
    }
  }
}

const NAMES: Record<Channel | 'heartbeat', string> = {
  email: 'an alert could not be sent by e-mail',
  webhook: 'an alert could not be delivered to the webhook',
  command: 'an alert could not be given to its command',
  critical: 'an alert could not be published to the critical topic',
  warning: 'an alert could not be published to the warning topic',
  heartbeat: 'the heartbeat could not be sent',
};

export function alertFailed(what: Channel | 'heartbeat', error: unknown): HoldfastError {
  if (!(error instanceof Undelivered)) throw error;
  return new HoldfastError({
    code: 'ALERT_FAILED',
    message: `${NAMES[what]}: ${error.message}`,
    cause: error,
  });
}
