import type { AlertMessage } from '../domain/alert-message.ts';
import type { Notifier } from '../ports/notifier.ts';
import { alertFailed, inThreeTries } from './delivery.ts';
import { tryHttp } from './http-try.ts';

export interface WebhookOptions {
  /** @throws Undelivered where the environment does not have it. */
  url: () => string;
  timeoutMs?: number;
  /** Before the second try. */
  pauseMs?: number;
}

/** POSTs the message as JSON, whose `text` chat programs show. */
export class WebhookNotifier implements Notifier {
  readonly channel = 'webhook';
  readonly #options: Required<WebhookOptions>;

  constructor({ url, timeoutMs = 10_000, pauseMs = 500 }: WebhookOptions) {
    this.#options = { url, timeoutMs, pauseMs };
  }

  async deliver(message: AlertMessage): Promise<void> {
    const { url, timeoutMs, pauseMs } = this.#options;
    const body = JSON.stringify(message);
    const post = async () => tryHttp({ url: url(), method: 'POST', body, timeoutMs });
    await inThreeTries(post, { pauseMs }).catch((error: unknown) => {
      throw alertFailed(this.channel, error);
    });
  }
}
