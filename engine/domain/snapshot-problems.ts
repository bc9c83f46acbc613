import { RUNBOOK } from '../contract.ts';
import { type AlertKey, runKey } from './alert-key.ts';
import type { Problem } from './alerts.ts';
import type { RdsServer, SnapshotPair } from './snapshot.ts';
import { snapshotSafety } from './snapshot-verdict.ts';

/** RDS is busy at times: what passes within so long nobody has to hear of. */
export const PASSING_SECONDS = 3600;

interface Failure {
  code: string;
  message: string;
  hint?: string | undefined;
  retryable: boolean;
}

export interface FailedTake {
  plan: string;
  server: RdsServer & { databases: readonly string[] };
  scheduledFor: Date;
  error: Failure;
}

/** The first database of a server stands for all: the snapshot is one. */
export function takeKey({ plan, server }: Pick<FailedTake, 'plan' | 'server'>): AlertKey {
  return runKey({ operation: 'snapshot', plan, database: server.databases[0] ?? null });
}

/** A snapshot that could not be taken; undefined while it may still pass by itself. */
export function problemOfTake(
  failed: FailedTake,
  { pairs, now }: { pairs: readonly SnapshotPair[]; now: Date },
): Problem | undefined {
  const { plan, server, scheduledFor, error } = failed;
  const isYoung = now.getTime() - scheduledFor.getTime() < PASSING_SECONDS * 1000;
  if (error.retryable && isYoung) return undefined;
  return {
    key: takeKey(failed),
    severity: 'critical',
    title: `${server.databases.join(', ')}/${plan}: snapshot failed (${error.code})`,
    detail: `${error.message}; ${snapshotSafety(pairs, server)}`,
    since: scheduledFor,
    hint: error.hint ?? null,
    runbook: `${RUNBOOK.page}#${RUNBOOK.snapshot}`,
  };
}

/** Copying and removing goes on by itself at every call; check says when it has lasted. */
const CHORES = {
  copy: { severity: 'critical', what: 'the copy of a snapshot failed', heading: RUNBOOK.uncopied },
  removal: {
    severity: 'warning',
    what: 'a released snapshot could not be removed',
    heading: RUNBOOK.snapshot,
  },
} as const;

export type SnapshotChore = keyof typeof CHORES;

export function isOfChore(key: AlertKey, chore: SnapshotChore): boolean {
  return key.startsWith(`run/snapshot-${chore}/`);
}

interface FailedChore {
  /** Null where it is of all plans. */
  plan: string | null;
  id: string;
  error: Failure;
}

/** One problem a plan; undefined for what may pass by itself. */
export function problemOfChore(
  chore: SnapshotChore,
  { plan, id, error }: FailedChore,
): Problem | undefined {
  if (error.retryable) return undefined;
  const { severity, what, heading } = CHORES[chore];
  return {
    key: runKey({ operation: `snapshot-${chore}`, plan, database: null }),
    severity,
    title: `${plan === null ? 'all snapshot plans' : `plan ${plan}`}: ${what} (${error.code})`,
    detail: `${id}: ${error.message}; the snapshot itself is where it was`,
    since: null,
    hint: error.hint ?? null,
    runbook: `${RUNBOOK.page}#${heading}`,
  };
}
