import type { AlertMessage } from '../domain/alert-message.ts';
import type { WebhookFormat, WebhookTarget } from '../domain/webhook/webhook-request.ts';
import type { Notifier } from '../ports/notifier.ts';
import { alertFailed, inThreeTries } from './delivery.ts';
import { tryHttp } from './http-try.ts';

export interface WebhookOptions {
  /** @throws Undelivered where the environment does not have it. */
  target: () => WebhookTarget;
  format: WebhookFormat;
  /** Of proxies and certificate authorities. */
  env?: NodeJS.ProcessEnv | undefined;
  timeoutMs?: number;
  /** Before the second try. */
  pauseMs?: number;
}

/** POSTs the message as JSON, in the form that the service on the other side expects. */
export class WebhookNotifier implements Notifier {
  readonly channel = 'webhook';
  readonly #options: WebhookOptions & { timeoutMs: number; pauseMs: number };

  constructor(options: WebhookOptions) {
    this.#options = { timeoutMs: 10_000, pauseMs: 500, ...options };
  }

  /** A message of several requests that fails halfway is sent again as a whole by the next run. */
  async deliver(message: AlertMessage): Promise<void> {
    try {
      const { target, format } = this.#options;
      for (const { url, body } of format(message, target()))
        await this.#post({ url, body: JSON.stringify(body) });
    } catch (error) {
      throw alertFailed(this.channel, error);
    }
  }

  #post(request: { url: string; body: string }): Promise<void> {
    const { timeoutMs, pauseMs, env } = this.#options;
    return inThreeTries(() => tryHttp({ ...request, method: 'POST', timeoutMs, env }), { pauseMs });
  }
}
