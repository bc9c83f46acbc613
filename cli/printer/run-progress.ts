import prettyBytes from 'pretty-bytes';
import type { ProgressEvent } from '../../engine/ports/progress.ts';
import { showDuration } from '../words.ts';

/** Where a phase began to be measured. */
interface PhaseStart {
  at: number;
  bytes: number;
  lastBytes: number;
}

const BAR_WIDTH = 28;
/** Before that a rate says nothing. */
const SHORTEST_RATE_MS = 500;
const SHORTEST_ESTIMATE_MS = 3000;

/** How far a run has come, in one line. A total is a guess, so the line never claims the end. */
export class RunProgress {
  readonly #starts = new Map<string, PhaseStart>();
  #database: string | undefined;
  #beganAt: number | undefined;
  #event: ProgressEvent | undefined;

  /** The database that the run is about, once it is known. */
  about(database: string): void {
    this.#database = database;
  }

  take(event: ProgressEvent, now: number): void {
    this.#beganAt ??= now;
    this.#event = event;
    const { phase, bytes } = event;
    if (bytes === undefined) return;
    const start = this.#starts.get(phase);
    // A copy goes back and forth between two phases and counts on; another restore begins at zero.
    if (start === undefined || bytes < start.lastBytes)
      this.#starts.set(phase, { at: now, bytes, lastBytes: bytes });
    else start.lastBytes = bytes;
  }

  /** For a terminal, with a bar where there is something to measure: an empty one at 0 % looks like a run that hangs. */
  barLine(now: number): string {
    const percent = this.#percent();
    if (percent === undefined) return `${this.#title()} … ${this.#detail(now)}`;
    const full = Math.round((percent / 100) * BAR_WIDTH);
    const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
    return `${this.#title().padEnd(18)} [${bar}] ${percent} % ${this.#detail(now)}`;
  }

  /** For a log, or a terminal that can't draw a line again. */
  plainLine(now: number): string {
    const percent = this.#percent();
    const done = percent === undefined ? '' : `${percent} %, `;
    return `${this.#title()}: ${done}${this.#detail(now)}`;
  }

  #title(): string {
    const phase = this.#event?.phase ?? '';
    return this.#database === undefined ? phase : `${this.#database}: ${phase}`;
  }

  #percent(): number | undefined {
    const { bytes, totalBytes } = this.#event ?? {};
    if (bytes === undefined || !totalBytes) return undefined;
    return Math.min(Math.floor((bytes * 100) / totalBytes), 99);
  }

  #detail(now: number): string {
    const elapsed = `${showDuration((now - (this.#beganAt ?? now)) / 1000)} elapsed`;
    return [...this.#bytes(now), elapsed, ...this.#timeLeft(now)].join(', ');
  }

  #bytes(now: number): string[] {
    const bytes = this.#event?.bytes;
    if (bytes === undefined) return [];
    const rate = this.#bytesPerSecond(now, SHORTEST_RATE_MS);
    return [prettyBytes(bytes), ...(rate === undefined ? [] : [`${prettyBytes(rate)}/s`])];
  }

  #timeLeft(now: number): string[] {
    const { bytes, totalBytes } = this.#event ?? {};
    const rate = this.#bytesPerSecond(now, SHORTEST_ESTIMATE_MS);
    if (bytes === undefined || totalBytes === undefined || !rate || bytes >= totalBytes) return [];
    return [`about ${showDuration(Math.max((totalBytes - bytes) / rate, 1))} left`];
  }

  #bytesPerSecond(now: number, shortest: number): number | undefined {
    const { phase = '', bytes } = this.#event ?? {};
    const start = this.#starts.get(phase);
    if (start === undefined || bytes === undefined || now - start.at < shortest) return undefined;
    return ((bytes - start.bytes) * 1000) / (now - start.at);
  }
}
