import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DatabaseError } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { formatToc, rowsOfTables, type TocEntry } from '../domain/archive-toc.ts';
import type { ManifestTable } from '../domain/manifest.ts';
import { quoteTable } from '../domain/table-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { copyBlocks } from '../postgres/copy-text.ts';
import { feed, readTocOfStream, scriptOf, startScript, type TargetOptions } from '../postgres/restore-program.ts';
import { Session, sayDriverError, sqlStateOf } from '../postgres/session.ts';
import type { OpenedSet } from './opened-set.ts';

export interface BesideOptions {
  /** File of the schema archive. */
  schema: string;
  toc: readonly TocEntry[];
  root: ManifestTable;
  /** The table, or its partitions. */
  tables: readonly ManifestTable[];
  as: string;
  folder: string;
  target: TargetOptions;
}

/** The rows of a table in a new one: the same columns, no keys, no triggers; a place to look and to copy from. All or nothing. */
export async function restoreTableBeside(set: OpenedSet, options: BesideOptions): Promise<void> {
  const session = await Session.open(options.target.settings, { applicationName: options.target.applicationName });
  try {
    await session.query('BEGIN');
    await session.query(await definitionOf(options));
    await copyRows(set, session, options);
    await session.query('COMMIT');
  } catch (error) {
    throw refused(error, options.as);
  } finally {
    await session.end();
  }
}

/** pg_dump writes a column a line; what follows the list (partitioning, inheritance, storage) is left out. */
async function definitionOf({ schema, toc, root, as, folder, target }: BesideOptions): Promise<string> {
  const entry = toc.find(({ type, oid, catalogOid }) => type === 'TABLE' && oid === root.oid && catalogOid === 1259);
  if (entry === undefined) throw noDefinition(root);
  const list = join(folder, 'beside.list');
  await writeFile(list, formatToc([entry]));
  const script = await scriptOf(schema, [`--use-list=${list}`], target);
  const columns =
    /\nCREATE (?:UNLOGGED )?TABLE .*? \(\n(.*?)\n\)/s.exec(script)?.[1] ?? /\nCREATE (?:UNLOGGED )?TABLE .*? \((\n)\)/s.exec(script)?.[1];
  if (columns === undefined) throw noDefinition(root);
  return `CREATE TABLE ${quoteTable({ schema: root.schema, name: as })} (\n${columns}\n)`;
}

async function copyRows(set: OpenedSet, session: Session, { tables, root, as, folder, target }: BesideOptions): Promise<void> {
  const toc = await readTocOfStream(set.read('data'), target);
  const list = join(folder, 'beside-rows.list');
  await writeFile(list, formatToc(rowsOfTables(toc, tables)));
  const program = startScript([`--use-list=${list}`, '--no-owner'], target);
  const writing = feed(program, set.read('data'));
  writing.catch(() => undefined);
  for await (const { columns, rows } of copyBlocks(program.stdout as AsyncIterable<Uint8Array>)) {
    const into = session.client.query(copyFrom(`COPY ${quoteTable({ schema: root.schema, name: as })} ${columns} FROM STDIN`));
    await pipeline(rows, into);
    if (!into.writableFinished) await once(into, 'finish');
  }
  await writing;
}

/** The server's refusal of the new table or of a row; anything else stays what it is. */
function refused(error: unknown, as: string): unknown {
  const isOfServer = isHoldfastError(error) ? sqlStateOf(error) !== undefined : error instanceof DatabaseError;
  if (!isOfServer) return error;
  return new HoldfastError({
    code: 'RESTORE_FAILED',
    message: `the rows could not be put into ${as}: ${isHoldfastError(error) ? error.message : sayDriverError(error)}`,
    hint: 'The target may lack a type or a function of the table. Restore the whole set into a new database (--create), and copy from there.',
    cause: error,
  });
}

function noDefinition({ name }: ManifestTable): HoldfastError {
  return new HoldfastError({
    code: 'RESTORE_FAILED',
    message: `the set holds no definition of ${name}`,
    hint: 'It is a data-only set: make the table yourself, then restore with --data-only.',
  });
}
