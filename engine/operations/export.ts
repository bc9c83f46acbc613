import { createReadStream, createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterRowsIn, definitionsIn } from '../domain/archive/sections.ts';
import { formatToc, type TocEntry } from '../domain/archive-toc.ts';
import { postDataPasses } from '../domain/restore/post-data-passes.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { encodeBytes } from '../postgres/archive/lossless-text.ts';
import { readToc } from '../postgres/archive/read-toc.ts';
import { feed, startScript } from '../postgres/restore-program.ts';
import { audited } from './audit.ts';
import { markDamage } from './catalog/mark-damage.ts';
import { at, type Context } from './context.ts';
import { writeOut } from './export-output.ts';
import { findSet } from './find-set.ts';
import { type OpenedSet, openLogical } from './opened-set.ts';
import { inPrivateFolder } from './private-folder.ts';
import { readRowEntries } from './restore/stray-comments.ts';
import { chooseParser } from './restore-tools.ts';

export interface ExportRequest {
  set: string;
  /** Where it goes; ended by us. */
  output: Writable;
  /** For the record. */
  target: string;
}

export interface ExportResult {
  set: string;
  format: 'sql' | 'archive';
  bytes: number;
  /** What a person who goes on without us should know. */
  notes: string[];
}

/** A set as SQL that psql reads: definitions, rows, then keys and indexes. In clear: whoever holds it holds the data. */
export async function exportSql(
  everywhere: Context,
  request: ExportRequest,
): Promise<ExportResult> {
  const located = await findSet(everywhere, request.set, { seals: everywhere });
  const { entry, place } = located;
  const context = at(everywhere, place);
  const { id, plan, database } = entry;
  return audited(
    context,
    { operation: 'export', plan, database, backup: id, target: request.target },
    async (notes) => {
      try {
        const set = await openLogical(context, entry);
        notes.bytes = set.storedBytes;
        const bytes = await writeSql(context, { set, output: request.output });
        return { set: id, format: 'sql', bytes, notes: [] };
      } catch (error) {
        return markDamage(everywhere, located, { operation: 'export', error });
      }
    },
  );
}

function writeSql(
  context: Context,
  { set, output }: { set: OpenedSet; output: Writable },
): Promise<number> {
  return inPrivateFolder(
    async (folder) => {
      const schema = join(folder, 'schema.dump');
      if (set.has('schema'))
        await pipeline(set.read('schema'), createWriteStream(schema, { mode: 0o600 }));
      return writeOut(sqlOf(context, { set, schema }), output, context);
    },
    { onNote: (note) => context.progress({ phase: 'export', note }) },
  );
}

async function* sqlOf(
  context: Context,
  { set, schema }: { set: OpenedSet; schema: string },
): AsyncGenerator<Uint8Array> {
  const parts: [string[], () => AsyncIterable<Uint8Array>][] = [];
  const { definitions, afterRows } = set.has('schema') ? await splitAtRows(schema) : SECTIONS;
  const rows = await rowsIn(set, schema);
  if (set.has('schema')) parts.push([definitions, () => createReadStream(schema)]);
  if (set.has('data'))
    parts.push([
      rows.args,
      () =>
        set.read('data', (bytes) =>
          context.progress({ phase: 'export', bytes, totalBytes: set.storedBytes }),
        ),
    ]);
  if (set.has('schema')) parts.push([afterRows, () => createReadStream(schema)]);
  if (parts.length === 0)
    throw new HoldfastError({
      code: 'USAGE',
      message: `set ${set.address.id} holds nothing that is SQL`,
    });
  for (const [args, source] of parts) {
    const program = startScript(args, {
      tools: chooseParser(context.toolsets, set.manifest),
      signal: context.signal,
      stallTimeoutSeconds: context.stallTimeoutSeconds,
    });
    const writing = feed(program, source());
    writing.catch(() => undefined);
    yield* program.stdout as AsyncIterable<Uint8Array>;
    await writing;
  }
  for (const { definition } of rows.comments) yield encodeBytes(definition);
}

/** What pg_restore takes of the archive of rows, and the comments that come after everything else. */
async function rowsIn(
  set: OpenedSet,
  schema: string,
): Promise<{ args: string[]; comments: readonly TocEntry[] }> {
  if (!set.has('data') || !set.has('schema')) return { args: [], comments: [] };
  const { rows, comments } = await readRowEntries(set).catch((error: unknown) => {
    if (isHoldfastError(error, 'RESTORE_FAILED')) return { rows: [], comments: [] };
    throw error;
  });
  if (comments.length === 0) return { args: [], comments };
  return { args: [await listBeside(schema, { part: 'rows', entries: rows })], comments };
}

/** An option of pg_restore, which takes the entries in this order. */
async function listBeside(
  archive: string,
  { part, entries }: { part: string; entries: readonly TocEntry[] },
): Promise<string> {
  const list = join(dirname(archive), `${part}.list`);
  await writeFile(list, formatToc(entries), { mode: 0o600 });
  return `--use-list=${list}`;
}

/** What pg_restore does alone. */
const SECTIONS = { definitions: ['--section=pre-data'], afterRows: ['--section=post-data'] };

/** Grants come after keys and indexes, unless only pg_restore knows the format of the archive. */
async function splitAtRows(archive: string): Promise<typeof SECTIONS> {
  const toc = await readToc(archive).catch((error: unknown) => {
    if (isHoldfastError(error, 'RESTORE_FAILED')) return undefined;
    throw error;
  });
  if (toc === undefined) return SECTIONS;
  const passes = postDataPasses(afterRowsIn(toc));
  return {
    definitions: [await listBeside(archive, { part: 'definitions', entries: definitionsIn(toc) })],
    afterRows: [
      await listBeside(archive, {
        part: 'after-rows',
        entries: passes.flatMap(({ entries }) => entries),
      }),
    ],
  };
}
