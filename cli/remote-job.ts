import { type Command, Option } from 'commander';
import type { LoadedConfig } from '../engine/composition/load-config.ts';
import { TASK_SIZES } from '../engine/contract.ts';
import type { Job } from '../engine/domain/job.ts';
import { mayBeMeant, parseSetName } from '../engine/domain/set-name.ts';
import type { CatalogEntry } from '../engine/domain/set-state.ts';
import { kindOfJob } from '../engine/domain/stack-names.ts';
import type { TaskSize } from '../engine/domain/task-size.ts';
import type { RemoteResult } from '../engine/operations/stack/conclude-task.ts';
import type { Invocation } from './invocation.ts';

export function withSize(command: Command): Command {
  return command.addOption(
    new Option(
      '--size <size>',
      'size of the task (default: by the size of the newest set)',
    ).choices(TASK_SIZES),
  );
}

export interface RemoteJob {
  job: Job;
  /** --size */
  size: unknown;
  /** Whether a set tells how large the task has to be. */
  isOf: (entry: CatalogEntry) => boolean;
}

/** Does a job in the stack and follows it. The stack tells its own alerts: this run alerts nobody and beats no heart. */
export async function followJob(
  invocation: Invocation,
  loaded: LoadedConfig,
  { job, size, isOf }: RemoteJob,
): Promise<RemoteResult> {
  const { printer, signal } = invocation;
  invocation.isOneOff = true;
  // The SDK of AWS is loaded for these commands only.
  const { remoteContext, remoteSizeOf } = await import('../engine/composition/remote.ts');
  const { runRemotely } = await import('../engine/operations/remote-task.ts');
  const note = (text: string) => printer.note(text);
  const context = remoteContext(loaded, {
    progress: (event) => printer.progress(event),
    note,
    signal,
  });
  const { operation } = job;
  const chosen =
    (size as TaskSize | undefined) ??
    (operation === 'check'
      ? 'small'
      : await remoteSizeOf(loaded, { operation: kindOfJob(job), isOf }, note));
  return runRemotely(context, job, chosen);
}

/** The sets that a name may mean. @throws HoldfastError USAGE. */
export function setsNamed(text: string): RemoteJob['isOf'] {
  const name = parseSetName(text);
  return (entry) => mayBeMeant(name, entry);
}
