import type { Job } from './job.ts';
import type { TaskSize } from './task-size.ts';

/** A kind of task has a role of its own. */
export type RemoteKind = 'backup' | 'verify' | 'drill' | 'restore';

/** The one container of a task. */
export const TASK_CONTAINER = 'holdfast';

/** The state machine that reads old sets again, by the last part of its name. */
export const REREAD_MACHINE = 'reread';

/** Names in a deployed stack, as lib/names.ts gives them: the same at every deployment of a project. */
export function stackNames(project: string) {
  const stem = `holdfast-${project.toLowerCase()}`;
  return {
    runMachine: `${stem}-run`,
    drillMachine: `${stem}-drills`,
    rereadMachine: `${stem}-${REREAD_MACHINE}`,
    topics: { critical: `${stem}-critical`, warning: `${stem}-warning` },
    /** One key in both regions. */
    envelopeAlias: `alias/${stem}`,
    /** Of the vault's own encryption, and of the replica's. */
    sseAlias: `alias/${stem}-sse`,
    replicaAlias: `alias/${stem}-replica`,
    /** Of what the stack signs. */
    ledgerAlias: `alias/${stem}-ledger`,
    evidenceAlias: `alias/${stem}-evidence`,
    replicaOf: (vault: string) => `${vault}-replica`,
    /** Where the trail about a bucket goes. */
    trailOf: (bucket: string) => `${bucket}-trail`,
    taskLog: `/holdfast/${project.toLowerCase()}/tasks`,
    familyOf: (kind: RemoteKind, size: TaskSize) => `${stem}-${kind}-${size}`,
  } as const;
}

export type StackNames = ReturnType<typeof stackNames>;

/**
 * The kind of task that does a job. A check reads manifests and marks, as a verification may; a drill on a named server logs in
 * to it, as only a restore may.
 */
export function kindOfJob(
  job: Pick<Job, 'operation'> & { options?: object | undefined },
): RemoteKind {
  const { operation, options = {} } = job;
  if (operation === 'drill' && 'on' in options) return 'restore';
  return operation === 'check' ? 'verify' : operation;
}
