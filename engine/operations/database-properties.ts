import type { TocEntry } from '../domain/archive-toc.ts';
import {
  type DatabaseStatement,
  databaseStatements,
  type PropertyKind,
} from '../domain/restore/database-statements.ts';
import { quoteIdentifier } from '../domain/table-name.ts';
import { isHoldfastError } from '../errors.ts';
import {
  decodeArchiveText,
  encodingOf,
  hasPlainBackslashes,
} from '../postgres/archive/archive-encoding.ts';
import { readTocOfStream } from '../postgres/archive/read-toc.ts';
import { CLEAN_UP_SECONDS } from '../postgres/clean-up.ts';
import { type Session, sqlStateOf } from '../postgres/session.ts';
import { splitStatements } from '../postgres/sql-statements.ts';
import type { OpenedSet } from './opened-set.ts';

/** What belongs to a database itself: pg_restore leaves it out without --create. */
export interface DatabaseProperties {
  statements: DatabaseStatement[];
  /** How the strings of the statements are written. */
  hasPlainBackslashes: boolean;
  /** Rules of its ICU collation, as a string of SQL. */
  icuRules: string | undefined;
  /** Where the source's database lies unless that is pg_default. */
  tablespace: string | undefined;
  owner: string | undefined;
}

const NO_PROPERTIES: DatabaseProperties = {
  statements: [],
  hasPlainBackslashes: true,
  icuRules: undefined,
  tablespace: undefined,
  owner: undefined,
};

/** The table of contents of a set's definitions; empty where the set has none. */
export async function readDefinitions(set: OpenedSet): Promise<TocEntry[]> {
  return set.has('schema') ? readTocOfStream(set.read('schema')) : [];
}

/** What a set says of its database: settings, grants, owner, limits, comment and labels. */
export async function readDatabaseProperties(
  session: Session,
  toc: readonly TocEntry[],
): Promise<DatabaseProperties> {
  const database = toc.find(({ type }) => type === 'DATABASE');
  if (database === undefined) return NO_PROPERTIES;
  const decode = (text: string) => decodeArchiveText(session, text, encodingOf(toc));
  const statements: string[] = [];
  for (const { definition } of toc.filter(isAboutDatabase))
    statements.push(...splitStatements(await decode(definition)));
  const making = await decode(database.definition);
  const owner = await decode(database.owner);
  return {
    statements: [ownerOf(owner), ...databaseStatements(statements)],
    hasPlainBackslashes: hasPlainBackslashes(toc),
    owner,
    icuRules: / ICU_RULES = (E?'(?:[^']|'')*')/.exec(making)?.[1],
    tablespace: / TABLESPACE = ("(?:[^"]|"")+"|\S+);/.exec(making)?.[1],
  };
}

function isAboutDatabase({ type, schema, tag }: TocEntry): boolean {
  if (type === 'DATABASE PROPERTIES') return true;
  return (
    /^(?:ACL|COMMENT|SECURITY LABEL)$/.test(type) && schema === '' && tag.startsWith('DATABASE ')
  );
}

function ownerOf(owner: string): DatabaseStatement {
  return {
    kind: 'owner',
    what: `owner ${owner}`,
    forDatabase: (name) =>
      `ALTER DATABASE ${quoteIdentifier(name)} OWNER TO ${quoteIdentifier(owner)}`,
  };
}

export interface GiveOptions {
  /** The name that the restored database has now. */
  database: string;
  kinds: readonly PropertyKind[];
  /** The session is in a transaction, which a refusal must not end. */
  inTransaction?: boolean;
}

/**
 * Gives properties of these kinds to a database, in the order of the kinds.
 * @returns notes of what the server refused: no setting or grant is worth failing a restore.
 */
export async function giveProperties(
  session: Session,
  { statements, hasPlainBackslashes }: DatabaseProperties,
  { database, kinds, inTransaction = false }: GiveOptions,
): Promise<string[]> {
  const wanted = kinds.flatMap((kind) => statements.filter((one) => one.kind === kind));
  if (wanted.length === 0) return [];
  const notes: string[] = [];
  if (!hasPlainBackslashes) await session.query('SET standard_conforming_strings = off');
  try {
    for (const { what, forDatabase } of wanted) {
      const statement = forDatabase(database);
      await (inTransaction ? inSavepoint(session, statement) : session.query(statement)).catch(
        (error: unknown) => {
          if (!isHoldfastError(error) || sqlStateOf(error) === undefined) throw error;
          notes.push(
            `not given to database ${database}, do it yourself: ${what} (${error.message})`,
          );
        },
      );
    }
  } finally {
    if (!hasPlainBackslashes)
      await session.limited(() => restoreBackslashes(session), CLEAN_UP_SECONDS);
  }
  return notes;
}

/** In a transaction that failed its end sets the old value. */
async function restoreBackslashes(session: Session): Promise<void> {
  await session.query('SET standard_conforming_strings = on').catch((error: unknown) => {
    if (sqlStateOf(error) !== '25P02') throw error;
  });
}

async function inSavepoint(session: Session, statement: string): Promise<void> {
  await session.query('SAVEPOINT property');
  try {
    await session.query(statement);
    await session.query('RELEASE SAVEPOINT property');
  } catch (error) {
    await session.limited(() => session.query('ROLLBACK TO SAVEPOINT property'), CLEAN_UP_SECONDS);
    throw error;
  }
}
