import type { Heartbeat } from '../ports/notifier.ts';
import { alertFailed, inThreeTries } from './delivery.ts';
import { tryHttp } from './http-try.ts';

export interface HeartbeatOptions {
  url: string;
  timeoutMs?: number;
  /** Before the second try. */
  pauseMs?: number;
}

/** GETs a URL, as healthchecks.io and its like ask for it. */
export class HttpHeartbeat implements Heartbeat {
  readonly #options: Required<HeartbeatOptions>;

  constructor({ url, timeoutMs = 10_000, pauseMs = 500 }: HeartbeatOptions) {
    this.#options = { url, timeoutMs, pauseMs };
  }

  async beat(): Promise<void> {
    const { url, timeoutMs, pauseMs } = this.#options;
    await inThreeTries(() => tryHttp({ url, method: 'GET', timeoutMs }), { pauseMs }).catch(
      (error: unknown) => {
        throw alertFailed('heartbeat', error);
      },
    );
  }
}
