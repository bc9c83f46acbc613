import type { LockWait } from '../../domain/connection/lock-wait.ts';
import type { HoldfastError } from '../../errors.ts';

/** What another session saw of the work. */
export interface Look {
  /** The server works for us, or ended a statement of ours a short while ago. */
  isWorking: boolean;
  lockWait?: LockWait | undefined;
}

export interface WatchedWork {
  timeoutSeconds: number;
  /** Another value than before as soon as something has moved. */
  position: () => string | number;
  /** It waits for us, who wait for something else, such as the store. */
  isOurTurn?: () => boolean;
  /** Asks the server; work without one, such as a program that reads a file, has none. */
  look?: () => Promise<Look>;
  onLockWait?: ((wait: LockWait) => void) | undefined;
  stalled: () => HoldfastError;
}

const SAMPLE_MS = 1_000;
/** Silence after which it is worth a look what a statement waits for. */
const FIRST_LOOK_MS = 5_000;
const LOOK_EVERY_MS = 60_000;

/**
 * Watches work that may stand still: a connection, a program. It is stalled when nothing has moved
 * for too long, although it is its turn, and the server does not work on it either.
 */
export class StallWatch {
  readonly #work: WatchedWork;
  readonly #onStall: (error: HoldfastError) => void;
  readonly #timer: NodeJS.Timeout;
  #position: string | number;
  #movedAt = performance.now();
  #lookAt: number;
  #isLooking = false;

  constructor(work: WatchedWork, onStall: (error: HoldfastError) => void) {
    this.#work = work;
    this.#onStall = onStall;
    this.#position = work.position();
    this.#lookAt = this.#movedAt + this.#firstLookMs;
    const every = Math.min(SAMPLE_MS, (work.timeoutSeconds * 1000) / 4);
    this.#timer = setInterval(() => void this.#sample(), every);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get #limitMs(): number {
    return this.#work.timeoutSeconds * 1000;
  }

  get #firstLookMs(): number {
    return Math.min(FIRST_LOOK_MS, this.#limitMs);
  }

  /** Has it moved since the last time? Then silence begins now. */
  #hasMoved(): boolean {
    const position = this.#work.position();
    const isOurs = this.#work.isOurTurn?.() ?? false;
    if (position === this.#position && !isOurs) return false;
    this.#position = position;
    this.#movedAt = performance.now();
    this.#lookAt = this.#movedAt + this.#firstLookMs;
    return true;
  }

  async #sample(): Promise<void> {
    if (this.#isLooking || this.#hasMoved() || performance.now() < this.#lookAt) return;
    this.#isLooking = true;
    try {
      const look = await this.#look();
      if (this.#hasMoved()) return;
      const silentMs = performance.now() - this.#movedAt;
      if (look.lockWait !== undefined) this.#work.onLockWait?.(look.lockWait);
      if (!look.isWorking && silentMs >= this.#limitMs) return this.#end();
      this.#lookAt = this.#nextLookAt();
    } finally {
      this.#isLooking = false;
    }
  }

  #look(): Promise<Look> {
    return this.#work.look?.() ?? Promise.resolve({ isWorking: false });
  }

  #nextLookAt(): number {
    const now = performance.now();
    const atLimit = this.#movedAt + this.#limitMs;
    const next = now + Math.min(LOOK_EVERY_MS, this.#limitMs);
    return atLimit > now ? Math.min(atLimit, next) : next;
  }

  #end(): void {
    this.stop();
    this.#onStall(this.#work.stalled());
  }
}

/** The end of the work, or its stall. */
export async function watched<T>(work: Promise<T>, watch: WatchedWork): Promise<T> {
  const stall = Promise.withResolvers<never>();
  const watching = new StallWatch(watch, (error) => stall.reject(error));
  work.catch(() => undefined);
  return Promise.race([work, stall.promise]).finally(() => watching.stop());
}
