import { styleText } from 'node:util';
import type { HoldfastError } from '../../engine/errors.ts';
import type { ProgressEvent } from '../../engine/ports/progress.ts';
import type { Printer, PrinterOptions } from './printer.ts';
import { ProgressBar, type ProgressView } from './progress-bar.ts';
import { ProgressLines } from './progress-lines.ts';
import { RunProgress } from './run-progress.ts';
import { terminalOf, textFor } from './terminal.ts';

/** For people: results on stdout, notes, errors and progress on stderr. */
export function textPrinter({ isQuiet, complete }: PrinterOptions): Printer {
  const progress = new RunProgress();
  const view = isQuiet ? undefined : viewOf(progress);
  const note = (text: string) => {
    if (isQuiet) return;
    view?.pause();
    say(complete(text));
  };
  return {
    result: (_value, text) => {
      view?.stop();
      const shown = textFor(terminalOf(process.stdout, process.env), complete(text));
      process.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
    },
    about: (database) => progress.about(database),
    progress: (event: ProgressEvent) => {
      if (event.note !== undefined) note(event.note);
      progress.take(event, Date.now());
      view?.show();
    },
    note,
    warning: (text) => {
      view?.pause();
      say(`${styled('yellow', 'warning:')} ${complete(text)}`);
    },
    failure: (error: HoldfastError) => {
      view?.stop();
      say(`${styled('red', 'error:')} ${error.message}`);
      if (error.hint !== undefined) say(`${styled('bold', 'hint:')} ${complete(error.hint)}`);
      say(styled('dim', `code: ${error.code}`));
    },
    close: () => view?.stop(),
  };
}

function viewOf(progress: RunProgress): ProgressView {
  const options = { stream: process.stderr, terminal: terminalOf(process.stderr, process.env) };
  return options.terminal.redraws
    ? new ProgressBar(progress, options)
    : new ProgressLines(progress, options);
}

function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stderr });
}

function say(text: string): void {
  process.stderr.write(`${textFor(terminalOf(process.stderr, process.env), text)}\n`);
}
