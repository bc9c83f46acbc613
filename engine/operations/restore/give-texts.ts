import type { PropertyKind } from '../../domain/restore/database-statements.ts';
import type { ConnectionSettings } from '../../postgres/connection-settings.ts';
import { Session } from '../../postgres/session.ts';
import { type DatabaseProperties, giveProperties } from '../database-properties.ts';

interface GiveTextsOptions {
  properties: DatabaseProperties;
  kinds: readonly PropertyKind[];
  applicationName: string;
}

/**
 * Gives a database settings or its comment from a session in it, as psql and pg_restore do:
 * their texts lie in catalogs that all databases share, in the encoding of the session's database.
 */
export async function giveTexts(
  settings: ConnectionSettings,
  { properties, kinds, applicationName }: GiveTextsOptions,
): Promise<string[]> {
  if (!properties.statements.some(({ kind }) => kinds.includes(kind))) return [];
  const session = await Session.open(settings, { applicationName });
  try {
    const { database } = settings;
    return await giveProperties(session, properties, { database, kinds });
  } finally {
    await session.end();
  }
}
