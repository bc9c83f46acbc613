import type { ManifestSource } from '../../domain/manifest.ts';
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
  const row = await session.queryOne<Record<string, string | null>>(
    `SELECT pg_catalog.pg_get_userbyid(datdba) AS owner, datcollate AS collate, datctype AS ctype,
            pg_catalog.pg_encoding_to_char(encoding) AS encoding
     FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`,
  );
  const given = properties.statements
    .filter(
      ({ kind, what }) => kind === 'limit' || (kind === 'owner' && what !== `owner ${row.owner}`),
    )
    .map(({ what }) => what);
  const locale = (['encoding', 'collate', 'ctype'] as const)
    .filter((name) => row[name] !== source[name])
    .map((name) => `${name} ${source[name]} (here ${row[name]})`);
  const rules = properties.icuRules === undefined ? [] : ['ICU rules'];
  const all = [...given, ...locale, ...rules];
  if (all.length === 0) return [];
  const { database } = session.settings;
  return [
    `database ${database} was there before and keeps its own; of the source's: ${all.join(', ')}`,
  ];
}
