import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PLAN_LOCK_CLASS, RUN_LOCK_KEY } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
import type { Session } from './session.ts';

const POLL_MS = 1_000;

export interface RunLockOptions {
  plan: string;
  waitSeconds: number;
  signal: AbortSignal;
  onWait: () => void;
}

/**
 * Takes the locks of a run in a session of ours; they go with the session, so a dead run leaves none.
 * Another plan's run is waited for, by asking again: a session that waits inside a statement would hold back vacuum.
 * @throws HoldfastError ALREADY_RUNNING (the same plan), LOCK_WAIT (another plan did not end in time).
 */
export async function takeRunLock(session: Session, options: RunLockOptions): Promise<void> {
  const isFirst = await tryLock(session, 'pg_try_advisory_lock($1::int, $2::int)', [
    PLAN_LOCK_CLASS,
    planKey(options.plan),
  ]);
  if (!isFirst) throw alreadyRunning(options.plan);
  const deadline = Date.now() + options.waitSeconds * 1000;
  let hasWaited = false;
  while (!(await tryLock(session, 'pg_try_advisory_lock($1::bigint)', [RUN_LOCK_KEY]))) {
    if (Date.now() >= deadline) throw waitedTooLong(options.waitSeconds);
    if (!hasWaited) options.onWait();
    hasWaited = true;
    await sleep(Math.min(POLL_MS, Math.max(deadline - Date.now(), 10)), undefined, {
      signal: options.signal,
    }).catch(() => options.signal.throwIfAborted());
  }
}

async function tryLock(
  session: Session,
  call: string,
  values: readonly unknown[],
): Promise<boolean> {
  const { taken } = await session.queryOne<{ taken: boolean }>(
    `SELECT pg_catalog.${call} AS taken`,
    values,
  );
  return taken;
}

/** The plan's name as a signed 32-bit number. */
function planKey(plan: string): number {
  return createHash('sha256').update(plan).digest().readInt32BE(0);
}

function alreadyRunning(plan: string): HoldfastError {
  return new HoldfastError({
    code: 'ALREADY_RUNNING',
    message: `plan ${plan} is already running on this database`,
    hint: 'This run was skipped; the other one goes on.',
  });
}

function waitedTooLong(seconds: number): HoldfastError {
  return new HoldfastError({
    code: 'LOCK_WAIT',
    message: `another plan's run held this database for more than ${seconds} s`,
    hint: 'Look at pg_stat_activity for sessions named holdfast; spread the schedules, or raise lockWait.',
    retryable: true,
  });
}
