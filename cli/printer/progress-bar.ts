import { SingleBar } from 'cli-progress';
import type { RunProgress } from './run-progress.ts';
import { type Terminal, textFor } from './terminal.ts';

/** How progress is shown while the run goes on. */
export interface ProgressView {
  /** There is progress to show. */
  show(): void;
  /** Clears the line, so that something else can be said; the next event draws it again. */
  pause(): void;
  stop(): void;
}

export interface ProgressViewOptions {
  stream: NodeJS.WriteStream;
  terminal: Terminal;
}

/** One line on a terminal, drawn again and again, so that the time runs on while nothing else happens. */
export class ProgressBar implements ProgressView {
  readonly #bar: SingleBar;
  #isShown = false;

  constructor(progress: RunProgress, { stream, terminal }: ProgressViewOptions) {
    this.#bar = new SingleBar({
      stream,
      format: () => drawable(progress.barLine(Date.now()), terminal),
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      gracefulExit: false,
      fps: 8,
    });
  }

  show(): void {
    if (!this.#isShown) this.#bar.start(1, 0);
    this.#isShown = true;
  }

  pause(): void {
    this.stop();
  }

  stop(): void {
    if (this.#isShown) this.#bar.stop();
    this.#isShown = false;
  }
}

function drawable(line: string, terminal: Terminal): string {
  const text = textFor(terminal, line);
  return terminal.isUnicode ? text : text.replaceAll('█', '#').replaceAll('░', '.');
}
