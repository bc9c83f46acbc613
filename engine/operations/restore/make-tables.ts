import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeEntry } from '../../domain/archive/describe-entry.ts';
import {
  entriesOfOthers,
  entriesOfTables,
  rowsOfTables,
  valuesOfSequences,
} from '../../domain/archive-choice.ts';
import { formatToc, type TocEntry } from '../../domain/archive-toc.ts';
import type { ManifestTable } from '../../domain/manifest.ts';
import type { FailedEntry } from '../../domain/restore/failed-entry.ts';
import { quoteTable } from '../../domain/table-name.ts';
import type { Progress } from '../../ports/progress.ts';
import { readTocOfStream } from '../../postgres/archive/read-toc.ts';
import { restoreFile, restoreStream, type TargetOptions } from '../../postgres/restore-program.ts';
import type { Session } from '../../postgres/session.ts';
import { withoutDanglingEntries } from '../dangling-keys.ts';
import type { OpenedSet } from '../opened-set.ts';

export interface MakeOptions {
  made: readonly { root: ManifestTable; parts: readonly ManifestTable[] }[];
  /** The table of contents of the schema, and the file of it. */
  toc: readonly TocEntry[];
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
  progress({ phase: 'definitions' });
  await restorePart('pre-data', { ...options, entries: essential, keepGoing: false });
  try {
    await restorePart('pre-data', { ...options, entries: others });
    await fillTables(set, { ...options, tables, entries, folder });
    progress({ phase: 'keys and indexes' });
    await restorePart('post-data', { ...options, entries: keepGoing ? others : entries });
  } catch (error) {
    for (const { root } of made)
      await session.query(`DROP TABLE IF EXISTS ${quoteTable(root)}`).catch(() => undefined);
    throw error;
  }
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
  for (const entry of entriesOfOthers(toc, wanted))
    onNote(`not restored, because it belongs to another object: ${describeEntry(entry)}`);
  return entries;
}

interface PartOptions extends MakeOptions {
  entries: readonly TocEntry[];
}

async function restorePart(
  section: 'pre-data' | 'post-data',
  { entries, schema, folder, target, keepGoing, onFailures }: PartOptions,
): Promise<void> {
  if (entries.length === 0) return;
  const list = join(folder, `${section}.list`);
  await writeFile(list, formatToc(entries), { mode: 0o600 });
  const args = [`--section=${section}`, `--use-list=${list}`];
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
