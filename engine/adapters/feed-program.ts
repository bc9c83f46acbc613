import { spawn } from 'node:child_process';
import { Undelivered } from './delivery.ts';

export interface FeedOptions {
  /** The program and its arguments; no shell reads them. */
  command: readonly string[];
  /** Its standard input. */
  input: string | Uint8Array;
  env: NodeJS.ProcessEnv;
  timeoutMs: number;
}

/** Runs a program, whatever it prints, until it exits with 0. @throws Undelivered; it and its children are killed when they take too long. */
export async function feedProgram({ command, input, env, timeoutMs }: FeedOptions): Promise<void> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env, stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.stdin.on('error', () => undefined).end(input);
  const exit = Promise.withResolvers<void>();
  child.once('error', (error: NodeJS.ErrnoException) => exit.reject(unstarted(error)));
  child.once('exit', (status, signal) =>
    status === 0 ? exit.resolve() : exit.reject(ended(status, signal)),
  );
  const timer = setTimeout(() => {
    exit.reject(
      new Undelivered(`the program took longer than ${timeoutMs / 1000} s`, { isPassing: false }),
    );
    killGroup(child.pid);
  }, timeoutMs);
  await exit.promise.finally(() => clearTimeout(timer));
}

function unstarted({ code }: NodeJS.ErrnoException): Undelivered {
  return new Undelivered(`the program could not be started (${code ?? 'unknown reason'})`, {
    isPassing: false,
  });
}

function ended(status: number | null, signal: NodeJS.Signals | null): Undelivered {
  return new Undelivered(
    signal === null ? `the program exited with ${status}` : `the program was ended by ${signal}`,
    {
      isPassing: false,
    },
  );
}

/** It leads a group of its own, so what it started ends with it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in this moment.
  }
}
