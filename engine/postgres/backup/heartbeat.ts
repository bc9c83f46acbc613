import { setTimeout as sleep } from 'node:timers/promises';
import { HEARTBEAT_SECONDS } from '../../domain/standing-run.ts';
import type { Session } from '../session.ts';

export interface HeartbeatOptions {
  signal: AbortSignal;
  everySeconds?: number;
}

/**
 * Shows the server that the run lives, in pg_stat_activity.state_change of its lock session. Ends
 * with the signal, or with the session: the loss of that is for others to report.
 */
export async function beat(
  session: Session,
  { signal, everySeconds = HEARTBEAT_SECONDS }: HeartbeatOptions,
): Promise<void> {
  while (!signal.aborted) {
    const slept = await sleep(everySeconds * 1000, true, { ref: false, signal }).catch(() => false);
    if (!slept) return;
    const answered = await session.query('SELECT 1').then(
      () => true,
      () => false,
    );
    if (!answered) return;
  }
}
