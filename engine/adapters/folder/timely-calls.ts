import { HoldfastError } from '../../errors.ts';
import { inTime } from '../../files/hanging-calls.ts';

/** A disk that spins up takes half of it. */
const PATIENCE_MS = 30_000;
/** The default of `stallTimeout`. */
const STALL_MS = 300_000;
/** Of the four threads that Node has for files: a mount that hangs must leave some to the other repositories. */
const AT_A_TIME = 2;

/** In milliseconds. */
export interface Patience {
  /** For a call that only asks or names something. */
  patienceMs: number;
  /** For a call that writes data, and for several calls that are made as one. */
  stallMs: number;
}

/** Of the whole process: who opens the folder once more must not wait for it once more. */
const known = new Map<string, TimelyCalls>();

/** The calls about one folder, whoever makes them. */
export function timelyCallsOf(
  location: string,
  { patienceMs = PATIENCE_MS, stallMs = STALL_MS }: Partial<Patience> = {},
): TimelyCalls {
  const place = JSON.stringify([location, patienceMs, stallMs]);
  const calls = known.get(place) ?? new TimelyCalls(location, { patienceMs, stallMs });
  known.set(place, calls);
  return calls;
}

interface Waiting {
  begin: () => void;
  refuse: (error: Error) => void;
}

/**
 * Calls about one folder, each of which comes back in time or fails. After one that did not, all
 * others fail at once until it comes back: each would take a thread with it.
 */
export class TimelyCalls {
  readonly #location: string;
  readonly #patience: Patience;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #hanging = 0;

  constructor(location: string, patience: Patience) {
    this.#location = location;
    this.#patience = patience;
  }

  /** @throws HoldfastError REPOSITORY_UNREACHABLE, and what `call` failed with. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    await this.#turn();
    const running = call();
    running.then(
      () => this.#next(),
      () => this.#next(),
    );
    return this.#inTime(running, this.#patience.patienceMs);
  }

  /**
   * The same for a call that writes data, or for several calls that are made as one: those may take
   * as long as a backup may stand still. They wait for no other call.
   */
  async runLong<T>(call: () => Promise<T>): Promise<T> {
    if (this.#hanging > 0) throw this.#silent(this.#patience.stallMs);
    return this.#inTime(call(), this.#patience.stallMs);
  }

  #inTime<T>(running: Promise<T>, patienceMs: number): Promise<T> {
    return inTime(running, {
      patienceMs,
      tooLate: () => {
        this.#hanging++;
        for (const { refuse } of this.#waiting.splice(0)) refuse(this.#silent(patienceMs));
        return this.#silent(patienceMs);
      },
      onReturn: () => {
        this.#hanging--;
      },
    });
  }

  async #turn(): Promise<void> {
    if (this.#hanging > 0) throw this.#silent(this.#patience.patienceMs);
    if (this.#running < AT_A_TIME) {
      this.#running++;
      return;
    }
    await new Promise<void>((begin, refuse) => {
      this.#waiting.push({ begin, refuse });
    });
  }

  #next(): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#running--;
    else waiting.begin();
  }

  #silent(patienceMs: number): HoldfastError {
    return new HoldfastError({
      code: 'REPOSITORY_UNREACHABLE',
      message: `${this.#location} does not answer: a call to its file system has not returned for ${Math.round(patienceMs / 1000)} s`,
      hint: 'Its disk, network mount or FUSE program may have died. Look with `mount` and `dmesg`, mount it again, and run the command again.',
      retryable: true,
    });
  }
}
