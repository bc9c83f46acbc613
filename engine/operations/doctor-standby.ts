import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import type { Session } from '../postgres/session.ts';
import type { Examination } from './doctor-finding.ts';
import { askPrimary, assertStandbyFits, describeDelay } from './standby-check.ts';

export interface StandbyQuestion {
  /** The least that a plan takes. */
  maxLagSeconds: number;
  primary: () => Promise<ConnectionSettings | undefined>;
}

/** A dump that is longer is cancelled, unless the primary is told what the standby still reads. */
const SHORT_PATIENCE_SECONDS = 3600;

/** Whether a standby can be dumped from, and whether a long dump will be let finish. */
export async function examineStandby(
  examination: Examination,
  session: Session,
  { maxLagSeconds, primary }: StandbyQuestion,
): Promise<void> {
  await examination.tryOut('standby', async () => {
    const settings = await primary();
    const delay = await assertStandbyFits(session, {
      maxLagSeconds,
      primary: settings === undefined ? undefined : await askPrimary(settings),
      knownSystem: async () => undefined,
      signal: new AbortController().signal,
    });
    return { detail: describeDelay(delay) };
  });
  await examination.tryOut('recovery conflicts', async () => {
    const { feedback, patience } = await session.queryOne<{ feedback: boolean; patience: number }>(`
      SELECT pg_catalog.current_setting('hot_standby_feedback')::boolean AS feedback,
             (SELECT setting::int / 1000 FROM pg_catalog.pg_settings WHERE name = 'max_standby_streaming_delay') AS patience`);
    const isPatient = feedback || patience < 0 || patience >= SHORT_PATIENCE_SECONDS;
    return {
      detail: `hot_standby_feedback is ${feedback ? 'on' : 'off'}, replay waits ${patience < 0 ? 'for ever' : `${patience} s`} for a dump`,
      status: isPatient ? 'ok' : 'warning',
      fix: isPatient
        ? []
        : [
            'ALTER SYSTEM SET hot_standby_feedback = on;',
            'SELECT pg_reload_conf();',
            '# both on the standby; on RDS in its parameter group',
          ],
    };
  });
}
