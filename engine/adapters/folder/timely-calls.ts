import { HoldfastError } from '../../errors.ts';
import { inTime } from '../../files/hanging-calls.ts';

/** A disk that spins up takes half of it. */
const PATIENCE_MS = 30_000;
/** Of the four threads that Node has for files: a mount that hangs must leave some to the other repositories. */
const AT_A_TIME = 2;

/** Of the whole process: who opens the folder once more must not wait for it once more. */
const known = new Map<string, TimelyCalls>();

/** The calls about one folder, whoever makes them. */
export function timelyCallsOf(
  location: string,
  { patienceMs = PATIENCE_MS }: { patienceMs?: number | undefined } = {},
): TimelyCalls {
  const place = JSON.stringify([location, patienceMs]);
  const calls = known.get(place) ?? new TimelyCalls(location, { patienceMs });
  known.set(place, calls);
  return calls;
}

interface Waiting {
  begin: () => void;
  refuse: (error: Error) => void;
}

/**
 * Calls about one folder, each of which comes back within thirty seconds or fails. After one that did not, all others fail
 * at once until it comes back: each would take a thread with it.
 */
export class TimelyCalls {
  readonly #location: string;
  readonly #patienceMs: number;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #hanging = 0;

  constructor(location: string, { patienceMs }: { patienceMs: number }) {
    this.#location = location;
    this.#patienceMs = patienceMs;
  }

  /** @throws HoldfastError REPOSITORY_UNREACHABLE, and what `call` failed with. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    await this.#turn();
    const running = call();
    running.then(
      () => this.#next(),
      () => this.#next(),
    );
    return inTime(running, {
      patienceMs: this.#patienceMs,
      tooLate: () => {
        this.#hanging++;
        for (const { refuse } of this.#waiting.splice(0)) refuse(this.#silent());
        return this.#silent();
      },
      onReturn: () => {
        this.#hanging--;
      },
    });
  }

  async #turn(): Promise<void> {
    if (this.#hanging > 0) throw this.#silent();
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

  #silent(): HoldfastError {
    return new HoldfastError({
      code: 'REPOSITORY_UNREACHABLE',
      message: `${this.#location} does not answer: a call to its file system has not returned for ${Math.round(this.#patienceMs / 1000)} s`,
      hint: 'Its disk, network mount or FUSE program may have died. Look with `mount` and `dmesg`, mount it again, and run the command again.',
      retryable: true,
    });
  }
}
