import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { formatToc } from '../domain/archive-toc.ts';
import {
  type DatabaseStatement,
  databaseStatements,
  type PropertyKind,
} from '../domain/restore/database-statements.ts';
import { isHoldfastError } from '../errors.ts';
import { readToc } from '../postgres/archive/read-toc.ts';
import { type RestoreProgramOptions, scriptOf } from '../postgres/restore-program.ts';
import { type Session, sqlStateOf } from '../postgres/session.ts';
import { splitStatements } from '../postgres/sql-statements.ts';
import type { OpenedSet } from './opened-set.ts';
import { inPrivateFolder } from './private-folder.ts';

/** What belongs to a database itself: pg_restore leaves it out without --create. */
export interface DatabaseProperties {
  statements: DatabaseStatement[];
  /** How the strings of the statements are written. */
  hasPlainBackslashes: boolean;
  notes: string[];
}

/** Reads what a set says of its database: settings, grants, owner, limits, comment and labels. */
export async function readDatabaseProperties(
  set: OpenedSet,
  options: RestoreProgramOptions,
): Promise<DatabaseProperties> {
  const none = { statements: [], hasPlainBackslashes: true, notes: [] };
  if (!set.has('schema')) return none;
  if (/[\r\n]/.test(set.manifest.source.databaseName)) {
    const note =
      'pg_restore does not show the settings, grants and comment of a database whose name has a line break; set them yourself';
    return { ...none, notes: [note] };
  }
  const script = await inPrivateFolder(async (folder) => {
    const archive = join(folder, 'schema.dump');
    await pipeline(set.read('schema'), createWriteStream(archive, { mode: 0o600 }));
    const entries = (await readToc(archive)).filter(
      ({ type, schema, tag }) =>
        type.startsWith('DATABASE') || (schema === '' && isAboutDatabase(type, tag)),
    );
    const list = join(folder, 'database.list');
    await writeFile(list, formatToc(entries));
    return scriptOf(archive, ['--create', `--use-list=${list}`], options);
  });
  const statements = splitStatements(script);
  return {
    statements: databaseStatements(statements),
    hasPlainBackslashes: !statements.includes('SET standard_conforming_strings = off'),
    notes: [],
  };
}

function isAboutDatabase(type: string, tag: string): boolean {
  return /^(?:ACL|COMMENT|SECURITY LABEL)$/.test(type) && tag.startsWith('DATABASE ');
}

export interface GiveOptions {
  /** The name that the restored database has now. */
  database: string;
  kinds: readonly PropertyKind[];
}

/**
 * Gives properties of these kinds to a database, in the order of the kinds.
 * @returns notes of what the server refused: no setting or grant is worth failing a restore.
 */
export async function giveProperties(
  session: Session,
  { statements, hasPlainBackslashes }: DatabaseProperties,
  { database, kinds }: GiveOptions,
): Promise<string[]> {
  const wanted = kinds.flatMap((kind) => statements.filter((one) => one.kind === kind));
  if (wanted.length === 0) return [];
  const notes: string[] = [];
  if (!hasPlainBackslashes) await session.query('SET standard_conforming_strings = off');
  try {
    for (const { what, forDatabase } of wanted)
      await session.query(forDatabase(database)).catch((error: unknown) => {
        if (!isHoldfastError(error) || sqlStateOf(error) === undefined) throw error;
        notes.push(`not given to database ${database}, do it yourself: ${what} (${error.message})`);
      });
  } finally {
    if (!hasPlainBackslashes)
      await session.query('RESET standard_conforming_strings').catch(() => undefined);
  }
  return notes;
}
