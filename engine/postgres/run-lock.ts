import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PLAN_LOCK_CLASS, RUN_LOCK_KEY } from '../contract.ts';
import { speakSeconds } from '../domain/spoken-numbers.ts';
import { ageOf, describeRun, isDead, type StandingRun } from '../domain/standing-run.ts';
import { quoteIdentifier } from '../domain/table-name.ts';
import { HoldfastError } from '../errors.ts';
import { type AdvisoryLock, endStandingRun, findStandingRun } from './backup/standing-run.ts';
import { quoteLiteral } from './restore/quote-literal.ts';
import { type Session, sqlStateOf } from './session.ts';

const POLL_MS = 1_000;
/** How long the server may take to end the sessions of a dead run. */
const ENDING_MS = 10_000;
const BETWEEN_MS = 50;
const MAY_NOT = '42501';

export interface RunLockOptions {
  plan: string;
  waitSeconds: number;
  /** A run whose lock session sent nothing for longer is dead. */
  deadAfterSeconds: number;
  /** How old the newest set of the plan may be, where the plan says it. */
  maxAgeSeconds: number | undefined;
  signal: AbortSignal;
  onWait: () => void;
  /** The sessions of this run were ended. */
  onDeadRun: (run: StandingRun) => void;
}

/**
 * Takes the locks of a run in a session of ours; they go with the session, so a dead process leaves
 * none. Where it was the machine or the network that died, its sessions are ended here.
 * Another plan's run is waited for, by asking again: a session that waits inside a statement would hold back vacuum.
 * @throws HoldfastError ALREADY_RUNNING (the same plan), RUN_OVERDUE (the same plan, for longer than
 *   its newest set may be old, or it is dead and its sessions are not ours to end), LOCK_WAIT (another plan did not end in time).
 */
export async function takeRunLock(session: Session, options: RunLockOptions): Promise<void> {
  const samePlan = await holderOf(session, { lock: planLock(options.plan), ...options });
  if (samePlan !== undefined) throw alreadyRunning(samePlan, options);
  const deadline = Date.now() + options.waitSeconds * 1000;
  let hasWaited = false;
  for (;;) {
    const other = await holderOf(session, { lock: RUN_LOCK, ...options });
    if (other === undefined) return;
    if (Date.now() >= deadline) throw waitedTooLong(other, options.waitSeconds);
    if (!hasWaited) options.onWait();
    hasWaited = true;
    await pause(Math.min(POLL_MS, Math.max(deadline - Date.now(), 10)), options.signal);
  }
}

interface Attempt extends Pick<RunLockOptions, 'deadAfterSeconds' | 'signal' | 'onDeadRun'> {
  lock: AdvisoryLock;
}

/** Who keeps us from the lock; undefined when it is ours now. */
async function holderOf(session: Session, attempt: Attempt): Promise<StandingRun | undefined> {
  const { lock, deadAfterSeconds, signal, onDeadRun } = attempt;
  const givesUpAt = Date.now() + ENDING_MS;
  let ended: StandingRun | undefined;
  for (;;) {
    if (await tryLock(session, lock)) {
      if (ended !== undefined) onDeadRun(ended);
      return undefined;
    }
    const run = await findStandingRun(session, lock);
    if (run === undefined) {
      // It ended in between.
      await pause(BETWEEN_MS, signal);
      continue;
    }
    if (!isDead(run, deadAfterSeconds) || Date.now() >= givesUpAt) return run;
    if (!(await mayEnd(session, run))) throw notOurs(run, session.settings.user);
    ended = run;
    await pause(BETWEEN_MS, signal);
  }
}

/** False where the run is of a role whose sessions ours may not end. */
async function mayEnd(session: Session, run: StandingRun): Promise<boolean> {
  try {
    await endStandingRun(session, run);
    return true;
  } catch (error) {
    if (sqlStateOf(error) === MAY_NOT) return false;
    throw error;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

async function tryLock(session: Session, lock: AdvisoryLock): Promise<boolean> {
  const { taken } = await session.queryOne<{ taken: boolean }>(
    `SELECT pg_catalog.pg_try_advisory_lock(${lock.arguments}) AS taken`,
    lock.values,
  );
  return taken;
}

/** The plan's name as a signed 32-bit number; pg_locks shows both halves of a lock without a sign. */
function planLock(plan: string): AdvisoryLock {
  const key = createHash('sha256').update(plan).digest().readInt32BE(0);
  return {
    arguments: '$1::int, $2::int',
    values: [PLAN_LOCK_CLASS, key],
    condition: 'l.objsubid = 2 AND l.classid::bigint = $1::int AND l.objid = ($2::int)::oid',
  };
}

const RUN_LOCK: AdvisoryLock = {
  arguments: '$1::bigint',
  values: [RUN_LOCK_KEY],
  condition: 'l.objsubid = 1 AND (l.classid::bigint << 32 | l.objid::bigint) = $1::bigint',
};

function alreadyRunning(
  run: StandingRun,
  { plan, maxAgeSeconds }: Pick<RunLockOptions, 'plan' | 'maxAgeSeconds'>,
): HoldfastError {
  const age = ageOf(run, new Date());
  if (age === undefined || maxAgeSeconds === undefined || age <= maxAgeSeconds)
    return new HoldfastError({
      code: 'ALREADY_RUNNING',
      message: `plan ${plan} is already running on this database ${describeRun(run)}`,
      hint: 'This run was skipped; the other one goes on.',
    });
  return new HoldfastError({
    code: 'RUN_OVERDUE',
    message: `plan ${plan} has been running on this database ${describeRun(run)} for ${speakSeconds(age)}; its newest set may be ${speakSeconds(maxAgeSeconds)} old at most`,
    hint: `See whether that run still advances. To end it: SELECT pg_terminate_backend(${run.pid}); then run the backup again.`,
  });
}

/** Nobody would end it: a skipped run would hide that there are no backups any more. */
function notOurs(run: StandingRun, user: string): HoldfastError {
  const name = quoteLiteral(run.applicationName);
  const role = quoteIdentifier(user);
  return new HoldfastError({
    code: 'RUN_OVERDUE',
    message: `the run ${describeRun(run)} sent nothing for ${speakSeconds(run.silentSeconds ?? 0)}: it is dead, and role ${user} may not end its sessions`,
    hint: `Run as ${run.role} or as a superuser: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ${name}; Backups of one database by one role end dead runs by themselves; unless ${run.role} is a superuser, GRANT pg_signal_backend TO ${role}; lets this role do it, too.`,
  });
}

function waitedTooLong(run: StandingRun, seconds: number): HoldfastError {
  return new HoldfastError({
    code: 'LOCK_WAIT',
    message: `another plan's run held this database for more than ${seconds} s: it stands ${describeRun(run)}`,
    hint: 'Spread the schedules, or raise lockWait.',
    retryable: true,
  });
}
