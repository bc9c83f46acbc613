import { z } from 'zod';
import { HoldfastError } from '../errors.ts';
import { physicalSchema } from './physical-copy.ts';
import { parseDocument } from './set/parse-document.ts';
import { objectSchema, tableName } from './stored-object.ts';

/** Raised only when a reader of the old shape could misread the new one. Every shape that was ever written opens for ever. */
export const MANIFEST_SCHEMA_VERSION = 1;

const count = z.int().nonnegative();
const time = z.iso.datetime();
const tableSchema = z.looseObject({
  schema: z.string(),
  name: z.string(),
  oid: count.describe(
    "Oid of the table in the source; the archives' tables of contents name it too.",
  ),
  kind: z.enum(['table', 'partitioned']),
  partitionOf: count.optional().describe('Oid of the table this one is a partition of.'),
  rows: count
    .nullable()
    .describe('Rows counted in the snapshot of the dump; null where none were dumped.'),
});

const serverSchema = z.looseObject({
  systemIdentifier: z
    .string()
    .describe(
      'pg_control_system(): tells one server from any other, also from its own copy made by initdb.',
    ),
  address: z.string().describe('host:port or socket, for people.'),
  serverVersion: z.string(),
  serverVersionNum: count,
  isStandby: z.boolean().optional().describe('Whether it was taken from a standby of the server.'),
});

const databaseSchema = serverSchema.extend({
  databaseOid: count,
  databaseName: z.string(),
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  localeProvider: z.string(),
  icuLocale: z.string().nullable(),
  collationVersion: z
    .string()
    .nullable()
    .optional()
    .describe('Version of the collation that the database was made with.'),
  sizeBytes: count.describe('pg_database_size() when the run began.'),
});

/** What sets of every kind have. */
const commonSchema = z.looseObject({
  schemaVersion: z.literal(MANIFEST_SCHEMA_VERSION),
  id: z.string(),
  project: z.string(),
  plan: z.string(),
  database: z.string(),
  label: z.string().nullable(),
  scheduledFor: time.nullable(),
  startedAt: time,
  completedAt: time,
  keepUntil: time.describe('Not released before; a later, shorter config does not shorten it.'),
  keepAtLeast: count.describe('Younger proven sets that must exist before this one is released.'),
  holdfastVersion: z.string(),
  tools: z
    .record(z.string(), z.string())
    .describe('Versions of the programs that wrote the streams.'),
  objects: z.array(objectSchema),
  preloadLibraries: z.array(z.string()),
  leftOut: z.array(z.looseObject({ what: z.string(), why: z.string() })),
  keys: z.array(
    z.looseObject({ type: z.enum(['key-file', 'break-glass', 'kms']), id: z.string() }),
  ),
  marksAreSealed: z
    .literal(true)
    .optional()
    .describe('Whoever wrote this set seals its marks: one without a seal is forged.'),
  seconds: z.record(z.string(), z.number()).describe('How long each phase took.'),
});

/** A database, or a part of it, in dumps. */
const logicalSchema = commonSchema.extend({
  kind: z.literal('logical'),
  source: databaseSchema,
  snapshot: z.looseObject({ lsn: z.string(), takenAt: time }).nullable(),
  selection: z.looseObject({
    contents: z.enum(['all', 'schema', 'data']),
    tables: z
      .array(tableName)
      .nullable()
      .describe('The only tables whose rows were dumped; null for all.'),
    excludedTables: z.array(tableName),
  }),
  tables: z.array(tableSchema),
  extensionTables: z
    .array(
      z.looseObject({
        schema: z.string(),
        name: z.string(),
        extension: z.string(),
        condition: z.string().describe('Which rows the dump takes: those that are not its own.'),
        rows: count.describe('How many those were.'),
      }),
    )
    .optional()
    .describe('Configuration tables of extensions, whose own rows a dump leaves to the extension.'),
  extensions: z.array(z.looseObject({ name: z.string(), version: z.string() })),
  serverSettings: z
    .array(z.looseObject({ name: z.string(), value: z.string() }))
    .optional()
    .describe("The source server's own settings that computed values depend on."),
  roles: z.array(z.string()).describe('Owners and grantees that a restore needs.'),
  tablespaces: z.array(z.string()),
  largeObjects: count.optional().describe('Large objects of the database when the run began.'),
  schemaHash: z
    .string()
    .describe('SHA-256 over tables, columns and types: equal when the shape of the tables is.'),
});

/** A whole server, in its own files. */
const physicalSetSchema = commonSchema.extend({
  kind: z.enum(['base', 'incremental']),
  source: serverSchema,
  physical: physicalSchema,
});

const seal = {
  seal: z
    .string()
    .describe(
      'Base64 of an Encryption SDK message over the SHA-256 of the rest (RFC 8785 canonical JSON).',
    ),
};

export const manifestSchema = z.discriminatedUnion('kind', [
  logicalSchema.extend(seal),
  physicalSetSchema.extend(seal),
]);

export type Manifest = z.output<typeof manifestSchema>;
export type LogicalManifest = Extract<Manifest, { kind: 'logical' }>;
export type PhysicalManifest = Extract<Manifest, { kind: 'base' | 'incremental' }>;
export type UnsealedLogical = z.output<typeof logicalSchema>;
export type UnsealedPhysical = z.output<typeof physicalSetSchema>;
export type UnsealedManifest = UnsealedLogical | UnsealedPhysical;
export type ManifestObject = Manifest['objects'][number];
export type ManifestTable = LogicalManifest['tables'][number];
export type ManifestSource = LogicalManifest['source'];

/**
 * Nothing recursive sees a document before its depth was checked.
 * @throws HoldfastError MANIFEST_INVALID.
 */
export function parseManifest(content: Uint8Array | string, { key }: { key: string }): Manifest {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const document = parseDocument(bytes);
  if ('fault' in document) throw invalid(key, document.fault);
  const result = manifestSchema.safeParse(document.value);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const reason = first === undefined ? undefined : `${first.path.join('.')}: ${first.message}`;
  throw invalid(key, reason, hasNewerFormat(document.value) ? NEWER_FORMAT : undefined);
}

function invalid(key: string, reason: string | undefined, cause?: symbol): HoldfastError {
  return new HoldfastError({
    code: 'MANIFEST_INVALID',
    message: `${key} is not a manifest that this version reads${reason === undefined ? '' : ` (${reason})`}`,
    hint: 'If a newer Holdfast wrote it, update; otherwise restore the object from another copy of the repository.',
    ...(cause === undefined ? {} : { cause }),
  });
}

const NEWER_FORMAT = Symbol('of a newer Holdfast');

/** Nothing is wrong with such a manifest: a newer Holdfast wrote it. */
export function isOfNewerFormat(error: HoldfastError): boolean {
  return error.cause === NEWER_FORMAT;
}

function hasNewerFormat(value: unknown): boolean {
  const { schemaVersion } = (value ?? {}) as { schemaVersion?: unknown };
  return Number.isInteger(schemaVersion) && Number(schemaVersion) > MANIFEST_SCHEMA_VERSION;
}

/** The volumes of one stream in their order. */
export function volumesOf(
  manifest: UnsealedManifest,
  role: ManifestObject['role'],
): ManifestObject[] {
  return manifest.objects
    .filter((object) => object.role === role)
    .sort((one, other) => one.volume - other.volume);
}

export function storedBytes(manifest: UnsealedManifest): number {
  return manifest.objects.reduce((sum, object) => sum + object.storedBytes, 0);
}

export function plaintextBytes(manifest: UnsealedManifest): number {
  return manifest.objects.reduce((sum, object) => sum + object.plaintextBytes, 0);
}

/** Rows of a logical set; null where nobody counted any. */
export function rowsOf(manifest: UnsealedManifest): number | null {
  return manifest.kind === 'logical' ? totalRows(manifest) : null;
}

/** Id of the set that an incremental one is based on; null of every other set. */
export function previousOf(manifest: UnsealedManifest): string | null {
  return manifest.kind === 'logical' ? null : manifest.physical.previous;
}

/** Of the tables of a logical set. */
export function totalRows({ tables }: Pick<UnsealedLogical, 'tables'>): number {
  return tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
}

/** Whether the set holds a database with all its rows, or a whole server. */
export function isWhole(manifest: UnsealedManifest): boolean {
  return manifest.kind !== 'logical' || isWholeDatabase(manifest);
}

/** Whether the set holds a database with all its rows. */
export function isWholeDatabase({ selection }: Pick<UnsealedLogical, 'selection'>): boolean {
  const { contents, tables, excludedTables } = selection;
  return contents === 'all' && tables === null && excludedTables.length === 0;
}
