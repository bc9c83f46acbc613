import { ENV } from '../engine/contract.ts';
import { HoldfastError } from '../engine/errors.ts';
import { TerminalQuestions } from './shared/terminal-questions.ts';

/** The break-glass key that was asked for, with its passphrase from the environment or the terminal. */
export async function breakGlassOf({
  breakGlassKey,
}: Record<string, unknown>): Promise<{ path: string; passphrase: string } | undefined> {
  if (typeof breakGlassKey !== 'string') return undefined;
  return {
    path: breakGlassKey,
    passphrase: await askPassphrase('Passphrase of the break-glass key: '),
  };
}

/** @throws HoldfastError USAGE where there is neither the variable nor a terminal. */
export async function askPassphrase(question: string): Promise<string> {
  const given = process.env[ENV.passphrase];
  if (given) return given;
  if (!process.stdin.isTTY) {
    throw new HoldfastError({
      code: 'USAGE',
      message: 'the break-glass key needs its passphrase',
      hint: `Run it on a terminal, or set ${ENV.passphrase}.`,
    });
  }
  const terminal = new TerminalQuestions();
  return terminal.askHidden(question).finally(() => terminal.close());
}
