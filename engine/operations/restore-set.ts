import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describeEntry } from '../domain/archive/describe-entry.ts';
import { afterRowsIn, definitionsIn } from '../domain/archive/sections.ts';
import { formatToc, type TocEntry } from '../domain/archive-toc.ts';
import { isWhole as holdsAll, type LogicalManifest } from '../domain/manifest.ts';
import { unrestorableForeignKeys } from '../domain/partial-restore.ts';
import { extensionDifferences } from '../domain/restore/extension-tables.ts';
import type { FailedEntry } from '../domain/restore/failed-entry.ts';
import { postDataPasses } from '../domain/restore/post-data-passes.ts';
import {
  compareRows,
  describeDifferences,
  type TableComparison,
} from '../domain/restore-comparison.ts';
import { HoldfastError } from '../errors.ts';
import type { Progress } from '../ports/progress.ts';
import { readToc } from '../postgres/archive/read-toc.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import { listRelations } from '../postgres/relations.ts';
import { countRestoredRows } from '../postgres/restore/count-restored-rows.ts';
import { countExtensionRows } from '../postgres/restore/extension-rows.ts';
import { withoutTriggers } from '../postgres/restore/trigger-states.ts';
import { restoreFile, restoreStream } from '../postgres/restore-program.ts';
import { Session, sqlStateOf } from '../postgres/session.ts';
import type { Toolset } from '../postgres/tools.ts';
import type { OpenedSet } from './opened-set.ts';
import { inPrivateFolder } from './private-folder.ts';
import { openRows } from './restore/closed-rows.ts';
import { giveStrayComments, type RowEntries, readRowEntries } from './restore/stray-comments.ts';

/**
 * What a restore does for the planner once all rows are in. It may fail on an expression of the
 * database, which says nothing of the rows.
 */
export const REFRESH_STATISTICS = 'ANALYZE';

export interface RestoreSetOptions {
  settings: ConnectionSettings;
  tools: Toolset;
  applicationName: string;
  contents: 'all' | 'schema' | 'data';
  jobs: number;
  /** Goes on after an object that the target refuses. */
  keepGoing?: boolean | undefined;
  withoutTablespaces: boolean;
  /** Leaves all objects to the role that restores. */
  withoutOwners?: boolean;
  /** Rows go in without firing triggers or foreign keys; only a superuser may. */
  disableTriggers: boolean;
  /** Entries that are not to come back. */
  leavesOut?: (entry: TocEntry) => boolean;
  /** Done in the target when the definitions are in, before the rows. */
  afterDefinitions?: () => Promise<void>;
  signal: AbortSignal;
  progress: Progress;
}

export interface RestoredSet {
  comparison: TableComparison[];
  notes: string[];
  /** What the target refused, with `keepGoing`. */
  failures: FailedEntry[];
}

/**
 * Streams a set from the repository into a database: definitions, rows, then keys and indexes in parallel; compares every row count.
 * The caller judges the comparison. @throws HoldfastError RESTORE_FAILED at the first error, OBJECT_DAMAGED.
 */
export async function restoreSet(set: OpenedSet, options: RestoreSetOptions): Promise<RestoredSet> {
  const notes: string[] = [];
  const failures: FailedEntry[] = [];
  const work = async (folder: string) => {
    const withSchema = options.contents !== 'data' && set.has('schema');
    const archive = join(folder, 'schema.dump');
    if (withSchema) {
      options.progress({ phase: 'definitions' });
      await pipeline(set.read('schema'), createWriteStream(archive, { mode: 0o600 }));
      failures.push(...(await restoreDefinitions({ archive, folder, options })));
      await options.afterDefinitions?.();
    }
    const withRows = options.contents !== 'schema' && set.has('data');
    const entries = withRows ? await readRowEntries(set) : undefined;
    if (entries !== undefined) {
      const open = await openRows(entries, options);
      notes.push(...open.notes);
      failures.push(...(await restoreRows(set, { entries: open.entries, folder, options })));
    }
    if (withSchema) {
      const after = await restoreKeysAndIndexes(set.manifest, { archive, folder, options });
      notes.push(...after.notes);
      failures.push(...after.failures);
      if (entries !== undefined) failures.push(...(await restoreComments(entries, options)));
    }
  };
  await inPrivateFolder(work, { onNote: (note) => options.progress({ phase: 'rows', note }) });
  const { comparison, differences } = await compareWithTarget(set.manifest, options);
  return { comparison, notes: [...notes, ...differences], failures };
}

interface RowOptions {
  entries: RowEntries;
  folder: string;
  options: RestoreSetOptions;
}

async function restoreRows(
  set: OpenedSet,
  { entries, folder, options }: RowOptions,
): Promise<FailedEntry[]> {
  const totalBytes = set.storedBytesOf('data');
  options.progress({ phase: 'rows', bytes: 0, totalBytes });
  const source = set.read('data', (bytes) =>
    options.progress({ phase: 'rows', bytes, totalBytes }),
  );
  const args = set.manifest.selection.contents === 'data' ? ['--data-only'] : ['--section=data'];
  if (entries.rows.length < entries.toc.length) {
    const list = join(folder, 'rows.list');
    await writeFile(list, formatToc(entries.rows), { mode: 0o600 });
    args.push(`--use-list=${list}`);
  }
  const isWhole = options.contents === 'data' && options.keepGoing !== true;
  const whole = isWhole ? ['--single-transaction'] : [];
  const restore = (settings: ConnectionSettings) =>
    restoreStream(source, [...args, ...whole], {
      ...{ ...options, settings },
      toc: async () => entries.toc,
    });
  if (!options.disableTriggers) return restore(options.settings);
  const { applicationName } = options;
  const { tables } = set.manifest;
  return withoutTriggers(options.settings, { applicationName, tables }, restore);
}

async function restoreComments(
  entries: RowEntries,
  { settings, applicationName, keepGoing = false }: RestoreSetOptions,
): Promise<FailedEntry[]> {
  if (entries.comments.length === 0) return [];
  const session = await Session.open(settings, { applicationName });
  return giveStrayComments(session, { ...entries, keepGoing }).finally(() => session.end());
}

interface SectionOptions {
  archive: string;
  folder: string;
  options: RestoreSetOptions;
}

async function restoreDefinitions({
  archive,
  folder,
  options,
}: SectionOptions): Promise<FailedEntry[]> {
  const { leavesOut = () => false } = options;
  const list = join(folder, 'definitions.list');
  const entries = definitionsIn(await readToc(archive)).filter((entry) => !leavesOut(entry));
  await writeFile(list, formatToc(entries), { mode: 0o600 });
  return restoreFile(archive, [`--use-list=${list}`], options);
}

/** A set without some tables' rows can't have the foreign keys that point to them. */
async function restoreKeysAndIndexes(
  manifest: LogicalManifest,
  { archive, folder, options }: SectionOptions,
): Promise<Pick<RestoredSet, 'notes' | 'failures'>> {
  options.progress({ phase: 'keys and indexes' });
  const { contents, leavesOut = () => false } = options;
  const whole = await readToc(archive);
  const toc = afterRowsIn(whole).filter((entry) => !leavesOut(entry));
  const isAll = holdsAll(manifest) || contents === 'schema';
  // A key is told by its tables, whose entries come before the rows.
  const left = isAll
    ? []
    : unrestorableForeignKeys(whole, manifest.tables).filter((entry) => !leavesOut(entry));
  const list = join(folder, 'after-rows.list');
  const restore = async (entries: readonly TocEntry[], jobs: number) => {
    await writeFile(list, formatToc(entries), { mode: 0o600 });
    return restoreFile(archive, [`--jobs=${jobs}`, `--use-list=${list}`], options);
  };
  const failures: FailedEntry[] = [];
  for (const { entries, isAlone } of postDataPasses(without(toc, left)))
    failures.push(...(await restore(entries, isAlone ? 1 : options.jobs)));
  const notes = left.map(
    (entry) =>
      `foreign key left out, because rows it points to are not in this set: ${describeEntry(entry)}`,
  );
  return { notes, failures };
}

function without(toc: readonly TocEntry[], left: readonly TocEntry[]): TocEntry[] {
  const ids = new Set(left.map(({ dumpId }) => dumpId));
  return toc.filter(({ dumpId }) => !ids.has(dumpId));
}

/** Counts every restored table. */
async function compareWithTarget(
  manifest: LogicalManifest,
  options: Pick<
    RestoreSetOptions,
    'settings' | 'applicationName' | 'contents' | 'progress' | 'signal'
  >,
): Promise<{ comparison: TableComparison[]; differences: string[] }> {
  options.progress({ phase: 'comparing' });
  if (options.contents === 'schema') return { comparison: [], differences: [] };
  const session = await Session.open(options.settings, {
    applicationName: options.applicationName,
  });
  try {
    const relations = await listRelations(session);
    const counts = await countRestoredRows(session, relations, { signal: options.signal });
    const found = relations.map(({ schema, name, oid }) => ({
      schema,
      name,
      rows: counts.get(oid) ?? 0,
    }));
    const comparison = compareRows(manifest.tables, found);
    await session.query(REFRESH_STATISTICS).catch((error: unknown) => {
      if (sqlStateOf(error) === undefined) throw error;
    });
    return { comparison, differences: await compareExtensions(session, manifest) };
  } finally {
    await session.end();
  }
}

/** The rows that a database has in configuration tables of extensions; sets of older versions do not count them. */
async function compareExtensions(
  session: Session,
  { extensionTables = [] }: LogicalManifest,
): Promise<string[]> {
  if (extensionTables.length === 0) return [];
  await session.query('BEGIN READ ONLY');
  const found = await countExtensionRows(session);
  await session.query('COMMIT');
  return extensionDifferences(extensionTables, found);
}

/** @throws HoldfastError RESTORE_DIFFERS. */
export function assertEqualRows(comparison: readonly TableComparison[]): void {
  const differences = describeDifferences(comparison);
  if (differences === undefined) return;
  throw new HoldfastError({
    code: 'RESTORE_DIFFERS',
    message: `the restored rows are not those of the backup: ${differences}`,
    hint: 'Do not use the restored database. A trigger or rule of the target may have changed rows; otherwise take another set.',
  });
}
