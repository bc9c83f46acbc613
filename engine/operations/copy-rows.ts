import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import { type CopyTarget, copyTargetOf } from '../domain/archive/copy-target.ts';
import { rowsOfTables } from '../domain/archive-choice.ts';
import type { ManifestTable } from '../domain/manifest.ts';
import { quoteTable, type TableName } from '../domain/table-name.ts';
import { decodeArchiveText, encodingOf } from '../postgres/archive/archive-encoding.ts';
import { rowBlocks } from '../postgres/archive/table-rows.ts';
import { type ArchiveEntry, damagedArchive } from '../postgres/custom-archive.ts';
import { ArchiveInput } from '../postgres/custom-archive-input.ts';
import { readArchiveToc } from '../postgres/custom-archive-toc.ts';
import type { Session } from '../postgres/session.ts';
import type { OpenedSet } from './opened-set.ts';

export interface CopyRowsOptions {
  /** The tables whose rows are wanted. */
  tables: readonly ManifestTable[];
  /** Where all rows go, whatever their table was called; undefined for where they came from. */
  into?: TableName | undefined;
  onBytes?: (storedBytes: number) => void;
}

/**
 * Streams the rows of some tables of a set through a session of ours, inside of whatever transaction
 * it is in. The set is read to its end, because only the end proves it.
 */
export async function copyRows(
  set: OpenedSet,
  session: Session,
  { tables, into, onBytes }: CopyRowsOptions,
): Promise<void> {
  const input = new ArchiveInput(set.read('data', onBytes));
  try {
    const toc = await readArchiveToc(input);
    const wanted = new Set(rowsOfTables(toc.entries, tables).map(({ dumpId }) => dumpId));
    const encoding = encodingOf(toc.entries);
    for await (const { entry, rows } of rowBlocks(input, toc)) {
      if (!wanted.has(entry.dumpId)) continue;
      const statement = await decodeArchiveText(session, entry.copyStatement, encoding);
      const { table, columns } = targetOf(statement, { entry, tables });
      const copy = copyFrom(
        `COPY ${quoteTable(into ?? table)} ${columns} FROM STDIN WITH (ENCODING '${encoding}')`,
      );
      const copying = session.client.query(copy);
      const meter = new RowMeter();
      await session.watching(copyAll(meter.metering(rows), copying), meter);
    }
  } finally {
    await input.close();
  }
}

async function copyAll(rows: AsyncIterable<Uint8Array>, copying: CopyStreamQuery): Promise<void> {
  await pipeline(rows, copying);
  if (!copying.writableFinished) await once(copying, 'finish');
}

/** Knows how far a COPY has come, and whether the set or the server is what it waits for. */
class RowMeter {
  #bytes = 0;
  #isReading = false;

  readonly position = (): number => this.#bytes;

  readonly isOurTurn = (): boolean => this.#isReading;

  async *metering(rows: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.#isReading = true;
    for await (const chunk of rows) {
      this.#isReading = false;
      this.#bytes += chunk.length;
      yield chunk;
      this.#isReading = true;
    }
    this.#isReading = false;
  }
}

/**
 * The table of the entry's oid; or the partitioned table that its statement names, where all of that
 * one is wanted (pg_dump, "load via partition root").
 */
function targetOf(
  statement: string,
  { entry, tables }: { entry: ArchiveEntry; tables: readonly ManifestTable[] },
): CopyTarget {
  const target = copyTargetOf(statement);
  const named = tables.find(
    ({ schema, name }) => schema === target?.table.schema && name === target.table.name,
  );
  const table = named ?? tables.find((candidate) => candidate.oid === entry.oid);
  if (target === undefined || table === undefined)
    throw damagedArchive('the rows of a table have no COPY statement');
  return { ...target, table };
}
