import { APPLICATION_NAME } from '../../contract.ts';
import { withDatabase } from '../../postgres/connection-settings.ts';
import { applyServerSettings } from '../../postgres/restore/server-settings.ts';
import type { Session } from '../../postgres/session.ts';
import { readDatabaseProperties, readDefinitions } from '../database-properties.ts';
import type { OpenedSet } from '../opened-set.ts';
import { giveTexts } from './give-texts.ts';

export interface GiveSettingsOptions {
  /** Of a superuser on a server of our own. */
  maintenance: Session;
  /** The empty database, before the first object comes. */
  database: string;
}

export interface GivenSettings {
  notes: string[];
  /** Settings of the source's server that this machine can't have, such as a locale it lacks. */
  refused: string[];
}

/** Puts the settings that values depend on in force: those of the source's server and database. */
export async function giveSettings(
  set: OpenedSet,
  { maintenance, database }: GiveSettingsOptions,
): Promise<GivenSettings> {
  const refused = await applyServerSettings(maintenance, set.manifest.serverSettings ?? []);
  const properties = await readDatabaseProperties(maintenance, await readDefinitions(set));
  const settings = withDatabase(maintenance.settings, database);
  const notes = await giveTexts(settings, {
    ...{ properties, kinds: ['setting'] },
    applicationName: APPLICATION_NAME,
  });
  const ofServer = refused.map(
    (name) => `setting ${name} of the source's server is not known here`,
  );
  return { refused, notes: [...ofServer, ...notes] };
}
