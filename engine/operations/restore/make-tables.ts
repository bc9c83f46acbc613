import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeEntry } from '../../domain/archive/describe-entry.ts';
import { definitionsIn, type SectionedEntry } from '../../domain/archive/sections.ts';
import {
  entriesOfOthers,
  entriesOfTables,
  rowsOfTables,
  valuesOfSequences,
} from '../../domain/archive-choice.ts';
import { formatToc, type TocEntry } from '../../domain/archive-toc.ts';
import type { ManifestTable } from '../../domain/manifest.ts';
import type { FailedEntry } from '../../domain/restore/failed-entry.ts';
import { quoteTable, showTable, type TableName } from '../../domain/table-name.ts';
import type { Progress } from '../../ports/progress.ts';
import { decodeArchiveText, encodingOf } from '../../postgres/archive/archive-encoding.ts';
import { readTocOfStream } from '../../postgres/archive/read-toc.ts';
import { cleanUp, insist } from '../../postgres/clean-up.ts';
import { takeDefaultPrivileges } from '../../postgres/restore/own-privileges.ts';
import { restoreFile, restoreStream, type TargetOptions } from '../../postgres/restore-program.ts';
import type { Session } from '../../postgres/session.ts';
import { withoutDanglingEntries } from '../dangling-keys.ts';
import type { OpenedSet } from '../opened-set.ts';

export interface MakeOptions {
  made: readonly { root: ManifestTable; parts: readonly ManifestTable[] }[];
  /** The table of contents of the schema, and the file of it. */
  toc: readonly SectionedEntry[];
  schema: string;
  folder: string;
  target: TargetOptions;
  session: Session;
  /** Makes the tables without what the target refuses beside their columns. */
  keepGoing: boolean;
  progress: Progress;
  onNote: (note: string) => void;
  onFailures: (failures: readonly FailedEntry[]) => void;
}

/** What a table can't be without; the rest is left out with --keep-going where it is refused. */
const ESSENTIAL = new Set(['TABLE', 'SEQUENCE', 'SEQUENCE OWNED BY', 'DEFAULT', 'TABLE ATTACH']);

/**
 * Makes tables that are not there, whole or not at all: a table without its keys would look like one
 * that only lost its rows. Where the definitions fail nothing is dropped: a table of that name is
 * somebody else's then.
 */
export async function makeTables(set: OpenedSet, options: MakeOptions): Promise<void> {
  const { made, folder, session, keepGoing, progress } = options;
  const tables = made.flatMap(({ parts }) => parts);
  const entries = await chooseEntries(set, { ...options, tables });
  const essential = keepGoing ? entries.filter(({ type }) => ESSENTIAL.has(type)) : entries;
  const others = entries.filter((entry) => keepGoing && !essential.includes(entry));
  const ids = new Set(definitionsIn(options.toc).map(({ dumpId }) => dumpId));
  const isDefinition = ({ dumpId }: TocEntry) => ids.has(dumpId);
  const isAfterRows = (entry: TocEntry) => !isDefinition(entry);
  progress({ phase: 'definitions' });
  const first = essential.filter(isDefinition);
  await restorePart('definitions', { ...options, entries: first, keepGoing: false });
  try {
    await takeDefaultPrivileges(session, await relationsOf(essential, options));
    await restorePart('definitions', { ...options, entries: others.filter(isDefinition) });
    await fillTables(set, { ...options, tables, entries, folder });
    progress({ phase: 'keys and indexes' });
    const last = (keepGoing ? others : entries).filter(isAfterRows);
    await restorePart('after-rows', { ...options, entries: last });
  } catch (error) {
    throw await dropTables(session, { made, failure: error });
  }
}

/** @returns the failure, with the tables that could not be dropped. */
async function dropTables(
  session: Session,
  { made, failure }: Pick<MakeOptions, 'made'> & { failure: unknown },
): Promise<unknown> {
  let whole = failure;
  for (const { root } of made) {
    const statement = `DROP TABLE IF EXISTS ${quoteTable(root)}`;
    const left = await cleanUp({
      session,
      undo: () => insist(session, statement),
      remains: {
        what: `table ${showTable(root)}, which is not finished, stays in the target`,
        hint: `Drop it: ${statement};`,
      },
    });
    if (left !== undefined) whole = left.addedTo(whole);
  }
  return whole;
}

async function chooseEntries(
  set: OpenedSet,
  { toc, tables, session, onNote }: MakeOptions & { tables: readonly ManifestTable[] },
): Promise<TocEntry[]> {
  const wanted = entriesOfTables(toc, { tables });
  const { entries, left } = await withoutDanglingEntries(wanted, {
    toc,
    tables: set.manifest.tables,
    making: tables,
    session,
  });
  for (const { entry, why } of left) onNote(`${why}: ${describeEntry(entry)}`);
  const others = entriesOfOthers(toc, wanted);
  for (const entry of others)
    onNote(`not restored, because it belongs to another object: ${describeEntry(entry)}`);
  if (others.length > 0)
    onNote(
      `their definitions: \`holdfast export ${set.manifest.id} --sql\` prints them, with all rows`,
    );
  return entries;
}

/** Tables, and the sequences that belong to them. */
async function relationsOf(
  entries: readonly TocEntry[],
  { toc, session }: Pick<MakeOptions, 'toc' | 'session'>,
): Promise<TableName[]> {
  const relations: TableName[] = [];
  for (const { type, schema, tag } of entries) {
    if (type !== 'TABLE' && type !== 'SEQUENCE') continue;
    const decode = (text: string) => decodeArchiveText(session, text, encodingOf(toc));
    relations.push({ schema: await decode(schema), name: await decode(tag) });
  }
  return relations;
}

interface PartOptions extends MakeOptions {
  entries: readonly TocEntry[];
}

/** A list names each entry: grants and comments have no section of their own. */
async function restorePart(
  part: 'definitions' | 'after-rows',
  { entries, schema, folder, target, keepGoing, onFailures }: PartOptions,
): Promise<void> {
  if (entries.length === 0) return;
  const list = join(folder, `${part}.list`);
  await writeFile(list, formatToc(entries), { mode: 0o600 });
  const args = [`--use-list=${list}`];
  const whole = keepGoing ? [] : ['--single-transaction'];
  onFailures(await restoreFile(schema, [...args, ...whole], { ...target, keepGoing }));
}

interface FillOptions extends Pick<MakeOptions, 'folder' | 'target' | 'progress'> {
  tables: readonly ManifestTable[];
  entries: readonly TocEntry[];
}

async function fillTables(
  set: OpenedSet,
  { tables, entries, folder, target, progress }: FillOptions,
): Promise<void> {
  const toc = await readTocOfStream(set.read('data'));
  const wanted = new Set([...rowsOfTables(toc, tables), ...valuesOfSequences(toc, entries)]);
  const list = join(folder, 'rows.list');
  // A stream can only be read in its own order.
  await writeFile(list, formatToc(toc.filter((entry) => wanted.has(entry))), { mode: 0o600 });
  const totalBytes = set.storedBytesOf('data');
  const source = set.read('data', (bytes) => progress({ phase: 'rows', bytes, totalBytes }));
  await restoreStream(source, [`--use-list=${list}`, '--single-transaction'], {
    ...target,
    toc: async () => toc,
  });
}
