import { isHoldfastError } from '../../errors.ts';
import { type ConnectionSettings, withDatabase } from '../connection-settings.ts';
import type { DriverError } from '../driver-error.ts';
import { Session } from '../session.ts';

/** Databases of every server, for settings whose own database is still to be made. */
const MAINTENANCE = ['postgres', 'template1'];

/**
 * Of several servers the one that is reached now, so that every later session and program of a run
 * goes there.
 * @throws HoldfastError CONNECTION_FAILED.
 */
export async function pinServer(
  settings: ConnectionSettings,
  applicationName: string,
): Promise<ConnectionSettings> {
  if ((settings.others ?? []).length === 0) return settings;
  for (const database of [settings.database, ...MAINTENANCE]) {
    try {
      const session = await Session.open(withDatabase(settings, database), { applicationName });
      await session.end();
      return withDatabase(session.settings, settings.database);
    } catch (error) {
      if (!isClosed(error) || database === MAINTENANCE.at(-1)) throw error;
    }
  }
  return settings;
}

/** The database is not there, or may not be entered. */
function isClosed(error: unknown): boolean {
  const isFailure = isHoldfastError(error, 'CONNECTION_FAILED');
  return isFailure && /^(3D000|42501)$/.test((error.cause as DriverError | undefined)?.code ?? '');
}
