import { SingleBar } from 'cli-progress';
import prettyBytes from 'pretty-bytes';
import type { ProgressEvent } from '../../engine/ports/progress.ts';

/** One bar on a terminal: the phase, and where bytes flow how many and how fast. A total is a guess, so it never claims the end. */
export class ProgressBar {
  readonly #bar: SingleBar;
  #phase = '';
  #beganAt = 0;
  #isShown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#bar = new SingleBar({
      stream,
      format: '{phase} [{bar}] {percentage} % {detail}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 28,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      gracefulExit: false,
      fps: 8,
    });
  }

  show({ phase, bytes, totalBytes }: ProgressEvent): void {
    const now = Date.now();
    if (!this.#isShown) this.#bar.start(1000, 0, { phase, detail: '' });
    if (phase !== this.#phase) this.#beganAt = now;
    this.#isShown = true;
    this.#phase = phase;
    const share = bytes === undefined || !totalBytes ? 0 : Math.min(bytes / totalBytes, 0.99);
    this.#bar.update(Math.floor(share * 1000), { phase: phase.padEnd(18), detail: bytes === undefined ? '' : this.#rate(bytes, now) });
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
