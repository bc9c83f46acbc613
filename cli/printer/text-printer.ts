import { styleText } from 'node:util';
import { plainLine, plainLines, withPlainLines } from '../../engine/domain/text/plain-text.ts';
import { redactSecrets } from '../../engine/domain/text/redact-secrets.ts';
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
    say(plainLine(complete(redactSecrets(text))));
  };
  return {
    result: (value, render) => {
      view?.stop();
      const text = plainLines(complete(render(withPlainLines(value))));
      const shown = textFor(terminalOf(process.stdout, process.env), text);
      process.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
    },
    document: (text) => {
      view?.stop();
      process.stdout.write(text);
    },
    about: (database) => progress.about(plainLine(database)),
    progress: (event: ProgressEvent) => {
      if (event.note !== undefined) note(event.note);
      progress.take(event, Date.now());
      view?.show();
    },
    note,
    warning: (text) => {
      view?.pause();
      say(`${styled('yellow', 'warning:')} ${plainLine(complete(redactSecrets(text)))}`);
    },
    failure: (error: HoldfastError) => {
      view?.stop();
      say(`${styled('red', 'error:')} ${shownMessage(error)}`);
      if (error.hint !== undefined)
        say(`${styled('bold', 'hint:')} ${plainLine(complete(error.hint))}`);
      say(styled('dim', `code: ${error.code}`));
    },
    close: () => view?.stop(),
  };
}

/** A config's mistakes stand one a line; any other message is one line. */
function shownMessage({ code, message }: HoldfastError): string {
  return code === 'CONFIG_INVALID' ? plainLines(message) : plainLine(message);
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
