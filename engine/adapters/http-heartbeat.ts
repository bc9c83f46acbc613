import type { Heartbeat } from '../ports/notifier.ts';
import { alertFailed, inThreeTries } from './delivery.ts';
import { tryHttp } from './http-try.ts';

export interface HeartbeatOptions {
  url: string;
  /** Of proxies and certificate authorities. */
  env?: NodeJS.ProcessEnv | undefined;
  timeoutMs?: number;
  /** Before the second try. */
  pauseMs?: number;
}

/** GETs a URL, as healthchecks.io and its like ask for it. */
export class HttpHeartbeat implements Heartbeat {
  readonly #options: HeartbeatOptions & { timeoutMs: number; pauseMs: number };

  constructor(options: HeartbeatOptions) {
    this.#options = { timeoutMs: 10_000, pauseMs: 500, ...options };
  }

  async beat(): Promise<void> {
    const { url, timeoutMs, pauseMs, env } = this.#options;
    await inThreeTries(() => tryHttp({ url, method: 'GET', timeoutMs, env }), { pauseMs }).catch(
      (error: unknown) => {
        throw alertFailed('heartbeat', error);
      },
    );
  }
}
