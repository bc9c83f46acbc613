import { jsonText } from '../domain/text/plain-text.ts';

/** One line of JSON on stdout: the log of a task or a function, out of which CloudWatch takes metrics and `remote` what it shows. */
export function writeLine(value: object): void {
  process.stdout.write(`${jsonText(value)}\n`);
}
