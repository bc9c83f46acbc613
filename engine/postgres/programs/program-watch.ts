import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { HoldfastError } from '../../errors.ts';
import { watchOnServer } from '../connection/look-at-server.ts';
import { StallWatch } from '../connection/stall-watch.ts';
import type { ConnectionSettings } from '../connection-settings.ts';

/** When a program counts as frozen: one that works on a server, or one that only reads and writes. */
export type ProgramWatch =
  | { settings: ConnectionSettings; applicationName: string }
  | { stallTimeoutSeconds: number };

export interface WatchedProgram {
  name: string;
  child: ChildProcess;
  watch: ProgramWatch;
}

/**
 * Watches what goes into a program and what comes out. While we give it nothing to read, or do not
 * read what it wrote, it is not the program that stands still.
 */
export function watchProgram(
  { name, child, watch }: WatchedProgram,
  onStall: (error: HoldfastError) => void,
): StallWatch {
  const { stdin, stdout, stderr } = child;
  const onServer =
    'settings' in watch
      ? watchOnServer(watch.settings, watch)
      : {
          timeoutSeconds: watch.stallTimeoutSeconds,
          stalled: () => stoodStill(name, watch.stallTimeoutSeconds),
        };
  const position = () => `${taken(stdin)} ${given(stdout)} ${given(stderr)}`;
  const isOurTurn = () => waitsForInput(stdin) || (stdout?.readableLength ?? 0) > 0;
  return new StallWatch({ ...onServer, position, isOurTurn }, onStall);
}

/** Bytes that the program, or the pipe to it, has taken. */
function taken(stdin: Writable | null): number {
  const { bytesWritten = 0 } = (stdin ?? {}) as { bytesWritten?: number };
  return bytesWritten - (stdin?.writableLength ?? 0);
}

function given(output: Readable | null): number {
  return ((output ?? {}) as { bytesRead?: number }).bytesRead ?? 0;
}

/** Its input is open, and all that we had for it is in the pipe. */
function waitsForInput(stdin: Writable | null): boolean {
  return stdin?.writable === true && stdin.writableLength === 0;
}

function stoodStill(name: string, seconds: number): HoldfastError {
  return new HoldfastError({
    code: 'CONNECTION_FROZEN',
    message: `${name} stood still for ${seconds} s`,
    hint: 'See what the process and its disk do, and run the command again. stallTimeout of the plan sets how long it may stand still.',
    retryable: true,
  });
}
