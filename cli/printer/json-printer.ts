import { failureLine } from '../../engine/domain/known-failure.ts';
import { jsonText } from '../../engine/domain/text/plain-text.ts';
import { redactSecrets } from '../../engine/domain/text/redact-secrets.ts';
import type { ProgressEvent } from '../../engine/ports/progress.ts';
import type { Printer, PrinterOptions } from './printer.ts';

const INTERVAL_MS = 500;

/** One JSON document on stdout, JSON lines on stderr. The shapes are promised in docs/SCRIPTING.md. */
export function jsonPrinter({ isQuiet, complete }: PrinterOptions): Printer {
  let lastPhase = '';
  let lastAt = 0;
  return {
    result: (value) =>
      process.stdout.write(
        `${jsonText(value, { replacer: completingHints(complete), indent: 2 })}\n`,
      ),
    document: (text) => process.stdout.write(text),
    about: () => undefined,
    progress: (event) => {
      if (isQuiet) return;
      const isDue =
        event.phase !== lastPhase || event.note !== undefined || Date.now() - lastAt >= INTERVAL_MS;
      if (!isDue) return;
      lastPhase = event.phase;
      lastAt = Date.now();
      const note = event.note === undefined ? {} : { note: complete(redactSecrets(event.note)) };
      line({ type: 'progress', ...event, ...note } satisfies ProgressEvent & { type: string });
    },
    note: (text) => {
      if (!isQuiet) line({ type: 'note', text: complete(redactSecrets(text)) });
    },
    warning: (text) => line({ type: 'note', text: complete(redactSecrets(text)) }),
    failure: (error, exitStatus) => {
      const { hint, ...rest } = failureLine(error, exitStatus);
      line({ ...rest, hint: hint === null ? null : complete(hint) });
    },
    close: () => undefined,
  };
}

/** Fields that tell people what to type. */
function completingHints(complete: PrinterOptions['complete']) {
  return (key: string, value: unknown): unknown => {
    if (key === 'hint' && typeof value === 'string') return complete(value);
    if (key === 'fix' && Array.isArray(value)) return value.map((text) => complete(String(text)));
    return value;
  };
}

function line(value: object): void {
  process.stderr.write(`${jsonText(value)}\n`);
}
