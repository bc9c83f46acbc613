import type { S3ClientConfig } from '@aws-sdk/client-s3';

/** What the SDK's retry middleware calls; the interface is not exported by the client. */
type RetryStrategy = Extract<
  NonNullable<S3ClientConfig['retryStrategy']>,
  { acquireInitialRetryToken: unknown }
>;
type RetryToken = Awaited<ReturnType<RetryStrategy['acquireInitialRetryToken']>>;
type ErrorInfo = Parameters<RetryStrategy['refreshRetryTokenForRetry']>[1];

export const MAX_ATTEMPTS = 10;
const BASE_DELAY_MS = 200;
const SLOW_DOWN_DELAY_MS = 800;
const MAX_DELAY_MS = 20_000;
/** A store that swallows requests is given up after this: each attempt waits for its own time-out. */
export const GIVE_UP_AFTER_MS = 300_000;

/** The network or the store did not answer. The SDK names its own time-outs without a code. */
const SILENT_CODES = ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'];

/** A DNS server said that there is no such name; a resolver that is out of reach says EAI_AGAIN. */
const LASTING_NETWORK_CODES = ['ENOTFOUND'];

export interface BackOffOptions {
  maxAttempts: number;
  /** The user chose that number: it counts for everything. */
  isChosen?: boolean;
  /** How long a store that does not answer is tried again, whatever number of attempts that takes. */
  giveUpAfterMs?: number | undefined;
  /** Milliseconds before the second attempt, at most; a test takes fewer. */
  baseDelayMs?: number | undefined;
}

/**
 * Tries again what is passing, with exponential delays of which half is chance: ten attempts take one minute, or two where the store
 * asks to slow down. A store that does not answer at all is tried until `giveUpAfterMs`, so that one that stands still for a few
 * minutes and comes back fails nothing, unless the number of attempts was chosen. The SDK's own strategies share a quota of retries between all requests, which the parallel parts of one upload
 * use up in a short outage.
 */
export class BackOff implements RetryStrategy {
  readonly #options: BackOffOptions;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  async acquireInitialRetryToken(): Promise<Attempt> {
    return new Attempt({ retries: 0, delayMs: 0, beganAt: Date.now() });
  }

  /** @throws Error when it is not tried again. */
  async refreshRetryTokenForRetry(
    { retries, beganAt }: Attempt,
    { errorType, error }: ErrorInfo,
  ): Promise<Attempt> {
    const { maxAttempts, isChosen = false, giveUpAfterMs = GIVE_UP_AFTER_MS } = this.#options;
    const hasAttempts = retries + 1 < maxAttempts || (isSilence(error) && !isChosen);
    const isOver = !hasAttempts || Date.now() - beganAt > giveUpAfterMs;
    const isPassing =
      errorType === 'THROTTLING' ||
      errorType === 'TRANSIENT' ||
      isSilence(error) ||
      isPassingKmsFailure(error) ||
      isPassingAnswer(error);
    if (isOver || !isPassing || isLasting(error)) throw new Error('not tried again');
    const base =
      this.#options.baseDelayMs ??
      (errorType === 'THROTTLING' ? SLOW_DOWN_DELAY_MS : BASE_DELAY_MS);
    return new Attempt({ retries: retries + 1, delayMs: backOffMs(retries + 1, base), beganAt });
  }

  recordSuccess(): void {}
}

class Attempt implements RetryToken {
  readonly retries: number;
  readonly delayMs: number;
  readonly beganAt: number;

  constructor({ retries, delayMs, beganAt }: Pick<Attempt, 'retries' | 'delayMs' | 'beganAt'>) {
    this.retries = retries;
    this.delayMs = delayMs;
    this.beganAt = beganAt;
  }

  getRetryCount(): number {
    return this.retries;
  }

  getRetryDelay(): number {
    return this.delayMs;
  }
}

/** Milliseconds before retry `number` (from 1): between half of an exponential delay and the whole of it. */
export function backOffMs(number: number, baseDelayMs: number = BASE_DELAY_MS): number {
  const whole = Math.min(baseDelayMs * 2 ** (number - 1), MAX_DELAY_MS);
  return Math.round(whole * (0.5 + Math.random() / 2));
}

function isSilence(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: string; code?: string };
  return code === undefined ? name === 'TimeoutError' : SILENT_CODES.includes(code);
}

function isLasting(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && LASTING_NETWORK_CODES.includes(String(error.code))
  );
}

/** Stores and the proxies before them have more of these than the SDK knows (520 to 529); the named ones will not change. */
function isPassingAnswer(error: unknown): boolean {
  const { $metadata } = (error ?? {}) as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 500 && ![501, 505, 507].includes(status);
}

/** S3 answers 400 with these when KMS behind it is at its limit or not well. */
export function isPassingKmsFailure(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^KMS\.(Throttling|KMSInternal|DependencyTimeout|KeyUnavailable)/.test(error.name)
  );
}
