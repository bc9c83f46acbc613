import type { Session } from '../session.ts';

/** A publication that takes in every new table of the database, or of a schema. */
export interface WidePublication {
  name: string;
  /** As in CREATE PUBLICATION. */
  scope: 'FOR ALL TABLES' | 'FOR TABLES IN SCHEMA';
}

/** The publications that a new table of a schema becomes part of by itself. */
export async function publicationsOfNewTable(
  session: Session,
  { schema }: { schema: string },
): Promise<WidePublication[]> {
  const ofAll = await session.query<{ name: string }>(
    'SELECT pubname AS name FROM pg_catalog.pg_publication WHERE puballtables ORDER BY 1',
  );
  const ofSchema =
    session.serverVersionNum < 150_000
      ? []
      : await session.query<{ name: string }>(
          `SELECT p.pubname AS name FROM pg_catalog.pg_publication p
           JOIN pg_catalog.pg_publication_namespace m ON m.pnpubid = p.oid
           JOIN pg_catalog.pg_namespace n ON n.oid = m.pnnspid WHERE n.nspname = $1 ORDER BY 1`,
          [schema],
        );
  return [
    ...ofAll.map(({ name }) => ({ name, scope: 'FOR ALL TABLES' as const })),
    ...ofSchema.map(({ name }) => ({ name, scope: 'FOR TABLES IN SCHEMA' as const })),
  ];
}
