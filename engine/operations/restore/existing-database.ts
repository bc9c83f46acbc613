import type { ManifestSource } from '../../domain/manifest.ts';
import { differentCharacters } from '../../domain/restore/source-differences.ts';
import { readSource } from '../../postgres/server-facts.ts';
import type { Session } from '../../postgres/session.ts';
import type { DatabaseProperties } from '../database-properties.ts';

interface DifferencesOptions {
  properties: DatabaseProperties;
  source: ManifestSource;
}

/** How a database that was there differs from the source's in what only its maker can choose. */
export async function differencesOf(
  session: Session,
  { properties, source }: DifferencesOptions,
): Promise<string[]> {
  const { owner } = await session.queryOne<{ owner: string }>(
    `SELECT pg_catalog.pg_get_userbyid(datdba) AS owner
     FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`,
  );
  const given = properties.statements
    .filter(({ kind, what }) => kind === 'limit' || (kind === 'owner' && what !== `owner ${owner}`))
    .map(({ what }) => what);
  const locale = differentCharacters(source, await readSource(session));
  const rules = properties.icuRules === undefined ? [] : ['ICU rules'];
  const all = [...given, ...locale, ...rules];
  if (all.length === 0) return [];
  const { database } = session.settings;
  return [
    `database ${database} was there before and keeps its own; of the source's: ${all.join(', ')}`,
  ];
}
