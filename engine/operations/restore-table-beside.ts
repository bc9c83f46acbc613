import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatToc, type TocEntry } from '../domain/archive-toc.ts';
import type { ManifestTable } from '../domain/manifest.ts';
import { quoteTable } from '../domain/table-name.ts';
import { HoldfastError } from '../errors.ts';
import { scriptOf, type TargetOptions } from '../postgres/restore-program.ts';
import { Session } from '../postgres/session.ts';
import { copyRows } from './copy-rows.ts';
import type { OpenedSet } from './opened-set.ts';
import { refusedRows } from './refused-rows.ts';

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
  const place = quoteTable({ schema: options.root.schema, name: options.as });
  const session = await Session.open(options.target.settings, {
    applicationName: options.target.applicationName,
  });
  try {
    await session.query('BEGIN');
    await session.query(await definitionOf(options));
    await copyRows(set, session, {
      ...options,
      statementOf: ({ columns }) => `COPY ${place} ${columns} FROM STDIN`,
    });
    await session.query('COMMIT');
  } catch (error) {
    throw refusedRows(error, options.as);
  } finally {
    await session.end();
  }
}

/** pg_dump writes a column a line; what follows the list (partitioning, inheritance, storage) is left out. */
async function definitionOf({
  schema,
  toc,
  root,
  as,
  folder,
  target,
}: BesideOptions): Promise<string> {
  const entry = toc.find(
    ({ type, oid, catalogOid }) => type === 'TABLE' && oid === root.oid && catalogOid === 1259,
  );
  if (entry === undefined) throw noDefinition(root);
  const list = join(folder, 'beside.list');
  await writeFile(list, formatToc([entry]));
  const script = await scriptOf(schema, [`--use-list=${list}`], target);
  const columns =
    /\nCREATE (?:UNLOGGED )?TABLE .*? \(\n(.*?)\n\)/s.exec(script)?.[1] ??
    /\nCREATE (?:UNLOGGED )?TABLE .*? \((\n)\)/s.exec(script)?.[1];
  if (columns === undefined) throw noDefinition(root);
  return `CREATE TABLE ${quoteTable({ schema: root.schema, name: as })} (\n${columns}\n)`;
}

function noDefinition({ name }: ManifestTable): HoldfastError {
  return new HoldfastError({
    code: 'RESTORE_FAILED',
    message: `the set holds no definition of ${name}`,
    hint: 'It is a data-only set: make the table yourself, then restore with --data-only.',
  });
}
