import { styleText } from 'node:util';
import type { HoldfastError } from '../../engine/errors.ts';
import type { ProgressEvent } from '../../engine/ports/progress.ts';
import type { Printer } from './printer.ts';
import { ProgressBar } from './progress-bar.ts';

export interface TextPrinterOptions {
  isQuiet: boolean;
}

/** For people: results on stdout, notes, errors and a progress bar (on a terminal) on stderr. */
export function textPrinter({ isQuiet }: TextPrinterOptions): Printer {
  const bar = isQuiet || !process.stderr.isTTY ? undefined : new ProgressBar(process.stderr);
  const note = (text: string) => {
    if (isQuiet) return;
    bar?.pause();
    process.stderr.write(`${text}\n`);
  };
  return {
    result: (_value, text) => {
      bar?.stop();
      process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    progress: (event: ProgressEvent) => {
      if (event.note !== undefined) note(event.note);
      bar?.show(event);
    },
    note,
    warning: (text) => {
      bar?.pause();
      process.stderr.write(
        `${styleText('yellow', 'warning:', { stream: process.stderr })} ${text}\n`,
      );
    },
    failure: (error: HoldfastError) => {
      bar?.stop();
      const word = styleText('red', 'error:', { stream: process.stderr });
      process.stderr.write(`${word} ${error.message}\n`);
      if (error.hint !== undefined)
        process.stderr.write(
          `${styleText('bold', 'hint:', { stream: process.stderr })} ${error.hint}\n`,
        );
      process.stderr.write(
        `${styleText('dim', `code: ${error.code}`, { stream: process.stderr })}\n`,
      );
    },
    close: () => bar?.stop(),
  };
}
