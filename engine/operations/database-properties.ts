import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { formatToc } from '../domain/archive-toc.ts';
import { quoteIdentifier } from '../domain/table-name.ts';
import { isHoldfastError } from '../errors.ts';
import { type RestoreProgramOptions, readToc, scriptOf } from '../postgres/restore-program.ts';
import { type Session, sqlStateOf } from '../postgres/session.ts';
import { splitStatements } from '../postgres/sql-statements.ts';
import type { OpenedSet } from './opened-set.ts';
import { inPrivateFolder } from './private-folder.ts';

const NAME = `(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)`;

/** Statements about a database itself: settings, grants, comment. */
const ABOUT_DATABASE = new RegExp(
  `^((?:ALTER DATABASE|COMMENT ON DATABASE|(?:GRANT|REVOKE) .+? ON DATABASE|ALTER ROLE ${NAME} IN DATABASE) )${NAME}( .+)$`,
  's',
);

export interface PropertiesOptions extends RestoreProgramOptions {
  maintenance: Session;
  /** The name that the restored database has now. */
  database: string;
}

/**
 * Gives a database that we made the settings, grants, owner and comment of the source's, which pg_restore leaves out without --create.
 * @returns notes of what could not be given: the rows are restored and compared by then, and no grant is worth throwing them away.
 */
export async function applyDatabaseProperties(
  set: OpenedSet,
  { maintenance, database, ...options }: PropertiesOptions,
): Promise<string[]> {
  if (!set.has('schema')) return [];
  if (/[\r\n]/.test(set.manifest.source.databaseName))
    return [
      'pg_restore can not tell the settings, grants and comment of a database whose name has a line break; set them yourself',
    ];
  const script = await inPrivateFolder(async (folder) => {
    const archive = join(folder, 'schema.dump');
    await pipeline(set.read('schema'), createWriteStream(archive, { mode: 0o600 }));
    const entries = (await readToc(archive, options)).filter(
      ({ type, rest }) =>
        type.startsWith('DATABASE') ||
        ((type === 'ACL' || type === 'COMMENT') && rest.startsWith('- DATABASE ')),
    );
    const list = join(folder, 'database.list');
    await writeFile(list, formatToc(entries));
    return scriptOf(archive, ['--create', `--use-list=${list}`], options);
  });
  const notes: string[] = [];
  for (const statement of statementsFor(script, database)) {
    await maintenance.query(statement).catch((error: unknown) => {
      if (!isHoldfastError(error) || sqlStateOf(error) === undefined) throw error;
      notes.push(
        `a property of the database was not given, do it yourself: ${statement}; (${error.message})`,
      );
    });
  }
  return notes;
}

/** The statements of a script that are about the database, for another name. */
export function statementsFor(script: string, database: string): string[] {
  return splitStatements(script).flatMap((statement) => {
    const match = ABOUT_DATABASE.exec(statement);
    return match === null ? [] : [`${match[1]}${quoteIdentifier(database)}${match[2]}`];
  });
}
