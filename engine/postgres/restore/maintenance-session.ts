import { HoldfastError, isHoldfastError } from '../../errors.ts';
import {
  type ConnectionSettings,
  describeConnection,
  withDatabase,
} from '../connection-settings.ts';
import { Session } from '../session.ts';

/** Where most servers let everybody in; the third is the one of DigitalOcean and Aiven. */
const USUAL = ['postgres', 'template1', 'defaultdb'];
/** No such database, no right to connect, and no entry for it in pg_hba.conf. */
const CLOSED = /3D000|42501|28000|55000/;

export interface MaintenanceOptions {
  applicationName: string;
  /** Databases that are likely to be there besides the usual ones. */
  also: readonly string[];
}

/**
 * A session on another database of the target's server: databases are made, renamed and dropped
 * from there. The database that the settings name is tried first, then the usual ones; the first that lets us in is taken.
 * @throws HoldfastError CONNECTION_FAILED.
 */
export async function openMaintenance(
  settings: ConnectionSettings,
  { applicationName, also }: MaintenanceOptions,
): Promise<Session> {
  const { maintenanceDatabase, database: target } = settings;
  const candidates = [...(maintenanceDatabase ? [maintenanceDatabase] : []), ...USUAL, ...also];
  const tried = [...new Set(candidates)].filter((name) => name !== target);
  let last: unknown;
  for (const name of tried) {
    try {
      return await Session.open(withDatabase(settings, name), { applicationName });
    } catch (error) {
      if (isHoldfastError(error) && !CLOSED.test(error.message)) throw error;
      last = error;
    }
  }
  throw new HoldfastError({
    code: 'CONNECTION_FAILED',
    message: `no database of ${describeConnection(withDatabase(settings, ''))} lets ${settings.user} in, from which database ${target} could be made or renamed (tried: ${tried.join(', ')})`,
    hint: 'Name one that does with maintenanceDatabase, beside the database in the config.',
    cause: last,
  });
}
