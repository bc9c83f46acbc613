import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { TocEntry } from '../domain/archive-toc.ts';
import type { ManifestTable } from '../domain/manifest.ts';
import type { FailedEntry } from '../domain/restore/failed-entry.ts';
import { showTable } from '../domain/table-name.ts';
import { HoldfastError } from '../errors.ts';
import type { Progress } from '../ports/progress.ts';
import { readToc } from '../postgres/archive/read-toc.ts';
import { selectRelations } from '../postgres/relations.ts';
import { fromOwnRows } from '../postgres/restore/own-rows.ts';
import type { TargetOptions } from '../postgres/restore-program.ts';
import type { Session } from '../postgres/session.ts';
import type { Toolset } from '../postgres/tools.ts';
import type { OpenedSet } from './opened-set.ts';
import { inPrivateFolder } from './private-folder.ts';
import { refillTable } from './refill-table.ts';
import { assertWhole } from './restore/assert-whole.ts';
import { chooseAction } from './restore/choose-action.ts';
import { makeTables } from './restore/make-tables.ts';
import { notePublications } from './restore/note-publications.ts';
import { asMemberOf } from './restore/owners.ts';
import { assertRights, type RoleOfRestore } from './restore/restore-rights.ts';
import { missingForTables, ownersOfTables } from './restore/table-rights.ts';
import { restoreTableBeside } from './restore-table-beside.ts';

export interface TableRequest {
  name: string;
  /** Puts the rows into a new table of this name. */
  as?: string | undefined;
}

export interface TableResult {
  table: string;
  into: string;
  action: 'created' | 'filled' | 'beside';
  rows: number;
  step: string;
}

export interface RestoreTablesOptions {
  session: Session;
  requests: readonly TableRequest[];
  tools: Toolset;
  applicationName: string;
  dryRun: boolean;
  /** Who restores, for the hints of refusals. */
  role: RoleOfRestore;
  /** The table of contents of the set's definitions. */
  definitions: () => Promise<readonly TocEntry[]>;
  /** Leaves tables that are made to the role that restores. */
  noOwner: boolean;
  signal: AbortSignal;
  progress: Progress;
  /** Makes tables without what the target refuses of their keys, triggers, grants and so on. */
  keepGoing: boolean;
  onNote: (note: string) => void;
  /** What a person should know before rows are written. */
  onWarning: (note: string) => void;
  onFailures: (failures: readonly FailedEntry[]) => void;
}

/** One table that a person named, with its partitions, and what is to become of it. */
interface Errand extends Pick<TableResult, 'action'> {
  request: TableRequest;
  root: ManifestTable;
  tables: ManifestTable[];
}

/**
 * Brings single tables back: one that is absent with everything that belongs to it, an empty one with its rows; one that has
 * rows is refused unless `as` puts the rows beside it.
 * @throws HoldfastError NOTHING_TO_DUMP, TARGET_NOT_EMPTY, TARGET_EXISTS, RESTORE_FAILED, RESTORE_DIFFERS.
 */
export async function restoreTables(
  set: OpenedSet,
  options: RestoreTablesOptions,
): Promise<TableResult[]> {
  const errands: Errand[] = [];
  for (const request of options.requests) errands.push(await planErrand(set, request, options));
  await assertRights(options.session, {
    ...options.role,
    onNote: options.onNote,
    missing: () => missingForTables(options.session, { ...options, errands }),
  });
  const warned = { ...options, onNote: options.onWarning };
  await assertWhole(errands, warned);
  await notePublications(errands, warned);
  if (options.dryRun) return errands.map((errand) => resultOf(errand, 0));
  const made = errands.filter(({ action }) => action === 'created');
  const owners = options.noOwner ? [] : ownersOfTables(made, await options.definitions());
  const work = () =>
    inPrivateFolder(
      async (folder) => {
        const schema = join(folder, 'schema.dump');
        if (set.has('schema'))
          await pipeline(set.read('schema'), createWriteStream(schema, { mode: 0o600 }));
        await carryOut(set, { errands, folder, schema, options });
      },
      { onNote: options.onNote },
    );
  await asMemberOf(options.session, { owners, work, onNote: options.onNote });
  const results: TableResult[] = [];
  for (const errand of errands)
    results.push(resultOf(errand, await compareErrand(errand, options.session)));
  return results;
}

async function planErrand(
  set: OpenedSet,
  request: TableRequest,
  options: Pick<RestoreTablesOptions, 'session' | 'definitions'>,
): Promise<Errand> {
  const { manifest } = set;
  const relations = manifest.tables.map((table) => ({
    ...table,
    partitionOf: table.partitionOf as number | undefined,
  }));
  const chosen = new Set(selectRelations(relations, [request.name]).map(({ oid }) => oid));
  const tables = manifest.tables.filter(({ oid }) => chosen.has(oid));
  const root = tables.find(
    ({ partitionOf }) => partitionOf === undefined || !chosen.has(partitionOf),
  );
  if (root === undefined)
    throw new HoldfastError({ code: 'INTERNAL', message: `table ${request.name} has no root` });
  assertHasRows(tables, set.address.id);
  return { request, root, tables, action: await chooseAction({ request, root, tables }, options) };
}

function assertHasRows(tables: readonly ManifestTable[], id: string): void {
  const without = tables.find(({ kind, rows }) => kind === 'table' && rows === null);
  if (without === undefined) return;
  throw new HoldfastError({
    code: 'NOTHING_TO_DUMP',
    message: `set ${id} holds no rows of ${showTable(without)}`,
    hint: 'Its plan left them out; `holdfast list` shows other sets.',
  });
}

interface CarryOutOptions {
  errands: readonly Errand[];
  folder: string;
  schema: string;
  options: RestoreTablesOptions;
}

async function carryOut(set: OpenedSet, place: CarryOutOptions): Promise<void> {
  const { errands, folder, schema, options } = place;
  const { tools, applicationName, signal } = options;
  const target: TargetOptions = {
    ...{ tools, applicationName, signal },
    settings: options.session.settings,
    withoutTablespaces: false,
    withoutOwners: options.noOwner,
  };
  const toc = set.has('schema') ? await readToc(schema) : [];
  const made = errands.filter(({ action }) => action === 'created');
  if (made.length > 0) {
    const tables = made.map(({ root, tables: parts }) => ({ root, parts }));
    await makeTables(set, { ...options, made: tables, toc, target, folder, schema });
  }
  for (const { action, request, root, tables } of errands) {
    if (action === 'filled')
      await refillTable(set, { root, tables, target, progress: options.progress });
    if (action === 'beside')
      await restoreTableBeside(set, { toc, root, tables, as: request.as ?? '', target });
  }
}

async function compareErrand(
  { request, root, tables, action }: Errand,
  session: Session,
): Promise<number> {
  const place = action === 'beside' ? { schema: root.schema, name: request.as ?? '' } : root;
  const { rows } = await session.queryOne<{ rows: string }>(
    `SELECT pg_catalog.count(*) AS rows FROM ${await fromOwnRows(session, place)}`,
  );
  const expected = tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  if (Number(rows) === expected) return expected;
  throw new HoldfastError({
    code: 'RESTORE_DIFFERS',
    message: `${showTable(place)} has ${rows} rows after the restore, the backup ${expected}`,
    hint: 'Someone or a trigger wrote to the table meanwhile. Stop the application, empty the table, and run it again.',
  });
}

function resultOf({ request, root, tables, action }: Errand, rows: number): TableResult {
  const expected = tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  const table = showTable(root);
  const into =
    action === 'beside' ? showTable({ schema: root.schema, name: request.as ?? '' }) : table;
  const step = {
    created: `create ${table} with its keys, indexes, triggers and grants, and fill it with ${expected} rows`,
    filled: `fill the empty table ${table} with ${expected} rows`,
    beside: `put ${expected} rows of ${table} into the new table ${into}`,
  }[action];
  return { table, into, action, rows, step };
}
