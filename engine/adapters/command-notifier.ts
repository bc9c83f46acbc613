import type { AlertMessage } from '../domain/alert-message.ts';
import type { Notifier } from '../ports/notifier.ts';
import { alertFailed } from './delivery.ts';
import { feedProgram } from './feed-program.ts';

export interface CommandOptions {
  /** The program and its arguments. */
  command: readonly string[];
  /** Without our secrets. */
  env: NodeJS.ProcessEnv;
  timeoutMs?: number;
}

/** Runs a program that gets the message as JSON on its standard input. It is not tried again: it may have done half of what it does. */
export class CommandNotifier implements Notifier {
  readonly channel = 'command';
  readonly #options: Required<CommandOptions>;

  constructor({ command, env, timeoutMs = 30_000 }: CommandOptions) {
    this.#options = { command, env, timeoutMs };
  }

  async deliver(message: AlertMessage): Promise<void> {
    const input = `${JSON.stringify(message)}\n`;
    await feedProgram({ ...this.#options, input }).catch((error: unknown) => {
      throw alertFailed(this.channel, error);
    });
  }
}
