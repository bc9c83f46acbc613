import { failureLine } from '../../engine/domain/known-failure.ts';
import type { ProgressEvent } from '../../engine/ports/progress.ts';
import type { Printer } from './printer.ts';

const INTERVAL_MS = 500;

/** One JSON document on stdout, JSON lines on stderr. The shapes are promised in docs/SCRIPTING.md. */
export function jsonPrinter({ isQuiet }: { isQuiet: boolean }): Printer {
  let lastPhase = '';
  let lastAt = 0;
  return {
    result: (value) => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    about: () => undefined,
    progress: (event) => {
      if (isQuiet) return;
      const isDue =
        event.phase !== lastPhase || event.note !== undefined || Date.now() - lastAt >= INTERVAL_MS;
      if (!isDue) return;
      lastPhase = event.phase;
      lastAt = Date.now();
      line({ type: 'progress', ...event } satisfies ProgressEvent & { type: string });
    },
    note: (text) => {
      if (!isQuiet) line({ type: 'note', text });
    },
    warning: (text) => line({ type: 'note', text }),
    failure: (error, exitStatus) => line(failureLine(error, exitStatus)),
    close: () => undefined,
  };
}

function line(value: object): void {
  process.stderr.write(`${JSON.stringify(value)}\n`);
}
