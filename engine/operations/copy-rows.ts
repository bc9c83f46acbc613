import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { rowsOfTables } from '../domain/archive-choice.ts';
import { formatToc } from '../domain/archive-toc.ts';
import type { ManifestTable } from '../domain/manifest.ts';
import { type CopyBlock, copyBlocks } from '../postgres/copy-text.ts';
import {
  feed,
  readTocOfStream,
  startScript,
  type TargetOptions,
} from '../postgres/restore-program.ts';
import type { Session } from '../postgres/session.ts';
import type { OpenedSet } from './opened-set.ts';

export interface CopyRowsOptions {
  tables: readonly ManifestTable[];
  folder: string;
  target: TargetOptions;
  /** Where the rows of a block go: a whole COPY ... FROM STDIN. */
  statementOf: (block: CopyBlock) => string;
  onBytes?: (storedBytes: number) => void;
}

/** Streams the rows of some tables of a set through a session of ours, inside of whatever transaction it is in. */
export async function copyRows(
  set: OpenedSet,
  session: Session,
  { tables, folder, target, statementOf, onBytes }: CopyRowsOptions,
): Promise<void> {
  const toc = await readTocOfStream(set.read('data'), target);
  const list = join(folder, 'copied-rows.list');
  await writeFile(list, formatToc(rowsOfTables(toc, tables)));
  const program = startScript([`--use-list=${list}`, '--no-owner'], target);
  const writing = feed(program, set.read('data', onBytes));
  writing.catch(() => undefined);
  for await (const block of copyBlocks(program.stdout as AsyncIterable<Uint8Array>)) {
    const into = session.client.query(copyFrom(statementOf(block)));
    await pipeline(block.rows, into);
    if (!into.writableFinished) await once(into, 'finish');
  }
  await writing;
}
