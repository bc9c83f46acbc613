import { pluginUnknown, withoutPipe } from '../../engine/domain/health/plugin-output.ts';
import { plainLine, plainLines, withPlainLines } from '../../engine/domain/text/plain-text.ts';
import { redactSecrets } from '../../engine/domain/text/redact-secrets.ts';
import type { Printer, PrinterOptions } from './printer.ts';

/**
 * For monitoring systems, which read stdout: the status line comes first, whatever is said before it,
 * and a failure is a status line too. Nothing goes to stderr, because some systems read both as one.
 */
export function nagiosPrinter({ isQuiet, complete }: PrinterOptions): Printer {
  let early: string[] | undefined = [];
  const say = (text: string) => {
    const line = withoutPipe(plainLine(complete(redactSecrets(text))));
    if (early === undefined) process.stdout.write(`${line}\n`);
    else early.push(line);
  };
  const begin = (text: string) => {
    process.stdout.write(`${[text.trimEnd(), ...(early ?? [])].join('\n')}\n`);
    early = undefined;
  };
  return {
    result: (value, render) => begin(plainLines(complete(render(withPlainLines(value))))),
    document: (text) => process.stdout.write(text),
    about: () => undefined,
    progress: () => undefined,
    note: (text) => {
      if (!isQuiet) say(`note: ${text}`);
    },
    warning: (text) => say(`warning: ${text}`),
    failure: ({ message, hint }) =>
      begin(
        plainLines(
          pluginUnknown({ message, hint: hint === undefined ? undefined : complete(hint) }),
        ),
      ),
    close: () => undefined,
  };
}
