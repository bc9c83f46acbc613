import { redactSecrets } from '../engine/domain/text/redact-secrets.ts';
import type { Progress, ProgressEvent } from '../engine/ports/progress.ts';

/** A line costs money for years, and nobody watches most runs. */
const INTERVAL_MS = 5000;

/** Progress as lines of the log: each phase when it begins, then one every five seconds; notes always. */
export function progressLines(write: (line: object) => void): Progress {
  let last = { phase: '', at: 0 };
  return (event: ProgressEvent) => {
    const now = Date.now();
    const isDue =
      event.phase !== last.phase || event.note !== undefined || now - last.at >= INTERVAL_MS;
    if (!isDue) return;
    last = { phase: event.phase, at: now };
    const note = event.note === undefined ? {} : { note: redactSecrets(event.note) };
    write({ type: 'progress', ...event, ...note });
  };
}
