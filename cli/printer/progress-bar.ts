import { SingleBar } from 'cli-progress';
import prettyBytes from 'pretty-bytes';
import type { ProgressEvent } from '../../engine/ports/progress.ts';

interface Shown {
  phase: string;
  /** Undefined where nobody knows how much there is to do. */
  share?: number;
  detail?: string;
}

const BAR_WIDTH = 28;

/** A bar only where there is something to measure: an empty one at 0 % looks like a run that hangs. */
function draw(_options: unknown, _params: unknown, { phase, share, detail = '' }: Shown): string {
  if (share === undefined) return `${phase} … ${detail}`.trimEnd();
  const full = Math.round(share * BAR_WIDTH);
  return `${phase.padEnd(18)} [${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}] ${Math.floor(share * 100)} % ${detail}`;
}

/** One bar on a terminal: the phase, and where bytes flow how many and how fast. A total is a guess, so it never claims the end. */
export class ProgressBar {
  readonly #bar: SingleBar;
  #phase = '';
  #beganAt = 0;
  #isShown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#bar = new SingleBar({
      stream,
      format: draw,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      gracefulExit: false,
      fps: 8,
    });
  }

  show({ phase, bytes, totalBytes }: ProgressEvent): void {
    const now = Date.now();
    if (!this.#isShown) this.#bar.start(1000, 0, { phase });
    if (phase !== this.#phase) this.#beganAt = now;
    this.#isShown = true;
    this.#phase = phase;
    const share =
      bytes === undefined || !totalBytes ? undefined : Math.min(bytes / totalBytes, 0.99);
    this.#bar.update(Math.floor((share ?? 0) * 1000), {
      phase,
      share,
      detail: bytes === undefined ? '' : this.#rate(bytes, now),
    });
  }

  /** Clears the line, so that something else can be said; the next event draws the bar again. */
  pause(): void {
    this.stop();
  }

  stop(): void {
    if (this.#isShown) this.#bar.stop();
    this.#isShown = false;
  }

  #rate(bytes: number, now: number): string {
    const seconds = (now - this.#beganAt) / 1000;
    return `${prettyBytes(bytes)}${seconds > 0.5 ? `, ${prettyBytes(bytes / seconds)}/s` : ''}`;
  }
}
