import type { ProgressView, ProgressViewOptions } from './progress-bar.ts';
import type { RunProgress } from './run-progress.ts';
import { textFor } from './terminal.ts';

export const LINE_INTERVAL_MS = 30_000;

/** A line every 30 seconds, for a log or a terminal that can't draw a line again; a short run writes none. */
export class ProgressLines implements ProgressView {
  readonly #write: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(progress: RunProgress, { stream, terminal }: ProgressViewOptions) {
    this.#write = () => void stream.write(`${textFor(terminal, progress.plainLine(Date.now()))}\n`);
  }

  show(): void {
    this.#timer ??= setInterval(this.#write, LINE_INTERVAL_MS).unref();
  }

  /** Lines stand beside whatever else is said. */
  pause(): void {}

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
