import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../postgres/session.ts';

const PATIENCE_MS = 2_000;

/**
 * Ends the sessions of a run. The first one, if it still answers, first ends what other sessions of the run still do on the
 * server: a query whose client is gone would otherwise run to its end.
 */
export async function endSessions(sessions: readonly Session[], applicationName: string): Promise<void> {
  const [first] = sessions;
  if (first !== undefined) {
    const sweep = first
      .query(
        'SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE application_name = $1 AND pid <> pg_catalog.pg_backend_pid()',
        [applicationName],
      )
      .catch(() => undefined);
    const holders = sessions.slice(1).map((session) => session.end());
    await Promise.race([Promise.all([...holders, sweep]), sleep(PATIENCE_MS, undefined, { ref: false })]);
  }
  await Promise.all(sessions.map((session) => session.end()));
}
