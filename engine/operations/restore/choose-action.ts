import type { TocEntry } from '../../domain/archive-toc.ts';
import { quoteForShell } from '../../domain/command-quoting.ts';
import type { ManifestTable } from '../../domain/manifest.ts';
import { quoteTable, showTable, type TableName } from '../../domain/table-name.ts';
import { HoldfastError } from '../../errors.ts';
import { assertNameFits } from '../../postgres/restore/name-fits.ts';
import { hasOwnRows } from '../../postgres/restore/own-rows.ts';
import type { Session } from '../../postgres/session.ts';
import { findLacking } from './lacking-belongings.ts';

/** A table that a person named, as the set has it. */
export interface WantedTable {
  request: { name: string; as?: string | undefined };
  root: ManifestTable;
  /** The table, or its partitions. */
  tables: readonly ManifestTable[];
}

export interface ChoiceOptions {
  session: Session;
  /** The table of contents of the set's definitions. */
  definitions: () => Promise<readonly TocEntry[]>;
}

/** @throws HoldfastError TARGET_NOT_EMPTY, TARGET_EXISTS. */
export async function chooseAction(
  wanted: WantedTable,
  { session, definitions }: ChoiceOptions,
): Promise<'created' | 'filled' | 'beside'> {
  const { request, root, tables } = wanted;
  if (request.as !== undefined) {
    await assertNameFits(session, { name: request.as, what: 'table' });
    if (await exists(session, { schema: root.schema, name: request.as }))
      throw besideExists(request.as);
    return 'beside';
  }
  if (!(await exists(session, root))) return 'created';
  if (!(await isTable(session, root))) throw anotherKind(root);
  if (!(await hasOwnRows(session, root))) return 'filled';
  const all = tables.some(({ oid }) => oid === root.oid) ? tables : [root, ...tables];
  const { isHalfMade } = await findLacking(session, { toc: await definitions(), tables: all });
  throw hasRows(wanted, { isHalfMade });
}

/** Rows without any key or index are what a restore leaves that was killed before it made them. */
function hasRows(
  { request, root }: WantedTable,
  { isHalfMade }: { isHalfMade: boolean },
): HoldfastError {
  const { name } = request;
  const has = `table ${showTable(root)} of the target has rows`;
  const beside = `--table ${quoteForShell(name)} --as ${quoteForShell(`${root.name}_restored`)}`;
  const hint = `ut the rows of the backup beside it: ${beside}; compare, and take over what you need.`;
  if (!isHalfMade)
    return new HoldfastError({ code: 'TARGET_NOT_EMPTY', message: has, hint: `P${hint}` });
  return new HoldfastError({
    code: 'TARGET_NOT_EMPTY',
    message: `${has} and none of the keys and indexes of the backup, as after a restore that was killed`,
    hint: `If that is what it is, drop it and run the same command again: DROP TABLE ${quoteTable(root)}; Otherwise p${hint}`,
  });
}

async function exists(session: Session, table: { schema: string; name: string }): Promise<boolean> {
  const { found } = await session.queryOne<{ found: boolean }>(
    'SELECT pg_catalog.to_regclass($1) IS NOT NULL AS found',
    [quoteTable(table)],
  );
  return found;
}

async function isTable(session: Session, table: TableName): Promise<boolean> {
  const found = await session.query(
    "SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1) AND relkind IN ('r', 'p')",
    [quoteTable(table)],
  );
  return found.length > 0;
}

function anotherKind(table: TableName): HoldfastError {
  return new HoldfastError({
    code: 'TARGET_EXISTS',
    message: `${showTable(table)} of the target is a view, a sequence or something else, not a table`,
    hint: 'Rename it, or put the rows of the backup into a new table with --as NAME.',
  });
}

function besideExists(name: string): HoldfastError {
  return new HoldfastError({
    code: 'TARGET_EXISTS',
    message: `table ${name} exists already on the target`,
    hint: 'Give another name with --as.',
  });
}
