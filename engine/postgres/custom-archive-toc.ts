import { HoldfastError } from '../errors.ts';
import { decodeBytes } from './archive/lossless-text.ts';
import { type ArchiveEntry, type ArchiveHead, damagedArchive, PLACE } from './custom-archive.ts';
import type { ArchiveInput, Cursor } from './custom-archive-input.ts';

const OLDEST_MINOR = 14;
const NEWEST_MINOR = 16;
/** From here on the head names a compression method in a byte; before, a level in an integer. */
const MINOR_WITH_METHOD = 15;
const MINOR_WITH_RELKIND = 16;
const CUSTOM_FORMAT = 1;
/** Seconds, minutes, hours, day, month, year and daylight saving. */
const DATE_FIELDS = 7;
/** Name of the database, version of the server, version of pg_dump. */
const HEAD_TEXTS = 3;

export interface ArchiveToc {
  head: ArchiveHead;
  entries: ArchiveEntry[];
}

/** Head and table of contents of an archive in the custom format. @throws HoldfastError OBJECT_DAMAGED, RESTORE_FAILED. */
export async function readArchiveToc(input: ArchiveInput): Promise<ArchiveToc> {
  const head = await input.read(parseHead);
  const count = await input.read((cursor) => cursor.int(head.intSize));
  const entries: ArchiveEntry[] = [];
  while (entries.length < count)
    entries.push(await input.read((cursor) => parseEntry(cursor, head)));
  return { head, entries };
}

function parseHead(cursor: Cursor): ArchiveHead {
  if (cursor.take(5).toString('latin1') !== 'PGDMP')
    throw damagedArchive('it does not begin as one');
  const [major = 0, minor = 0] = [cursor.byte(), cursor.byte()];
  cursor.byte();
  if (major !== 1 || minor < OLDEST_MINOR || minor > NEWEST_MINOR)
    throw unknownFormat(`${major}.${minor}`);
  const intSize = cursor.byte();
  const offsetSize = cursor.byte();
  if (cursor.byte() !== CUSTOM_FORMAT) throw damagedArchive('it is not in the custom format');
  const compression = minor >= MINOR_WITH_METHOD ? cursor.byte() : cursor.int(intSize);
  for (let field = 0; field < DATE_FIELDS; field += 1) cursor.int(intSize);
  for (let field = 0; field < HEAD_TEXTS; field += 1) cursor.text(intSize);
  return { minor, intSize, offsetSize, compression, bytes: Buffer.from(cursor.since(0)) };
}

function parseEntry(cursor: Cursor, { minor, intSize, offsetSize }: ArchiveHead): ArchiveEntry {
  const int = () => cursor.int(intSize);
  const bytes = () => cursor.text(intSize);
  const text = () => decodeBytes(bytes() ?? Buffer.alloc(0));
  const dumpId = int();
  const start = cursor.position;
  const hasData = int() !== 0;
  const [catalogOid, oid] = [Number(text()), Number(text())];
  const [tag, type] = [text(), text()];
  const section = int();
  const definition = text();
  // How to drop it.
  bytes();
  const copyStatement = text();
  const schema = text();
  // Tablespace and access method.
  for (let place = 0; place < 2; place += 1) bytes();
  if (minor >= MINOR_WITH_RELKIND) int();
  const owner = text();
  // Whether rows have oids, which they never have.
  bytes();
  const body = Buffer.from(cursor.since(start));
  const dependsOn: number[] = [];
  for (let id = bytes(); id !== null; id = bytes()) dependsOn.push(Number(id.toString('latin1')));
  cursor.take(1 + offsetSize);
  return {
    ...{ dumpId, catalogOid, oid, type, schema, tag, owner, definition, dependsOn },
    ...{ hasData, copyStatement, section, body },
  };
}

export interface WriteOptions {
  /** Places of rows in the file, by dump id; unknown where they are not in it. */
  places: ReadonlyMap<number, number>;
}

/** Head and table of contents; as many bytes with places as without. */
export function writeArchiveToc({ head, entries }: ArchiveToc, { places }: WriteOptions): Buffer {
  const { intSize, offsetSize } = head;
  const pieces = [head.bytes, int(entries.length, intSize)];
  for (const { dumpId, body, dependsOn, hasData } of entries) {
    pieces.push(int(dumpId, intSize), body);
    for (const id of dependsOn)
      pieces.push(int(String(id).length, intSize), Buffer.from(String(id), 'latin1'));
    pieces.push(int(-1, intSize), place(hasData ? places.get(dumpId) : null, offsetSize));
  }
  return Buffer.concat(pieces);
}

/** @returns a sign and the lowest byte first. */
export function int(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(1 + size);
  bytes[0] = value < 0 ? 1 : 0;
  bytes.writeUIntLE(Math.abs(value), 1, size);
  return bytes;
}

/** Null where the entry has no rows. */
function place(offset: number | null | undefined, size: number): Buffer {
  const bytes = Buffer.alloc(1 + size);
  bytes[0] = offset === null ? PLACE.noData : offset === undefined ? PLACE.unknown : PLACE.known;
  if (typeof offset === 'number') bytes.writeUIntLE(offset, 1, Math.min(size, 6));
  return bytes;
}

function unknownFormat(version: string): HoldfastError {
  return new HoldfastError({
    code: 'RESTORE_FAILED',
    message: `this version does not know archives of format ${version}, only 1.${OLDEST_MINOR} to 1.${NEWEST_MINOR}`,
    hint: 'Use a newer Holdfast, or `holdfast export --sql`, which does not need the table of contents.',
  });
}
