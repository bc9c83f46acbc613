import { speakTime } from '../spoken-numbers.ts';
import { plainLine } from '../text/plain-text.ts';

/** A session or a prepared transaction that keeps a statement of ours waiting. */
export interface Blocker {
  /** Null for a prepared transaction, which has no session. */
  pid: number | null;
  role: string | null;
  applicationName: string | null;
  /** Such as `idle in transaction`; null where the server does not show it. */
  state: string | null;
  /** When its transaction began; null where the server does not show it. */
  since: Date | null;
}

export interface LockWait {
  /** What the lock is on, where it is a table or an index. */
  relation: string | null;
  /** When our statement began to wait. */
  waitsSince: Date | null;
  blockers: readonly Blocker[];
}

/** What is waited for, which sessions hold it, and what ends that. */
export function describeLockWait({ relation, waitsSince, blockers }: LockWait): string {
  const what = relation === null ? 'a lock' : `a lock on ${plainLine(relation)}`;
  const since = waitsSince === null ? '' : ` since ${speakTime(waitsSince)}`;
  const holders = blockers.map(describeBlocker).join(' and ');
  const pids = blockers.flatMap(({ pid }) => (pid === null ? [] : [pid]));
  const end =
    pids.length === 0
      ? 'COMMIT PREPARED or ROLLBACK PREPARED ends it'
      : `to end it: ${pids.map((pid) => `SELECT pg_terminate_backend(${pid});`).join(' ')}`;
  return `${what}${since}, held by ${holders}; ${end}`;
}

function describeBlocker({ pid, role, applicationName, state, since }: Blocker): string {
  if (pid === null) return 'a prepared transaction';
  const facts = [
    ...(role === null ? [] : [`of ${role}`]),
    ...(applicationName ? [applicationName] : []),
    ...(state === null ? [] : [state]),
    ...(since === null ? [] : [`in a transaction since ${speakTime(since)}`]),
  ];
  return plainLine(`session ${pid}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`);
}
