import { join } from 'node:path';
import { quoteTable, type TableName } from '../domain/table-name.ts';
import { HoldfastError } from '../errors.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { libpqConnectionString, libpqEnvironment } from './libpq-environment.ts';
import { outputOf, type Program, startProgram } from './program.ts';
import { settingsForProgram } from './program-login.ts';
import { withReason } from './programs/reach-by-libpq.ts';
import type { Toolset } from './tools.ts';

export interface DumpOptions {
  tools: Toolset;
  settings: ConnectionSettings;
  applicationName: string;
  signal: AbortSignal;
}

export interface ArchiveOptions extends DumpOptions {
  /** Id of an exported snapshot; undefined for the present. */
  snapshot?: string;
  lockWaitTimeoutSeconds: number;
}

export interface DataOptions extends ArchiveOptions {
  /** Only these tables' rows; undefined for all. */
  tables?: readonly TableName[];
  excludedTables: readonly TableName[];
  /** Sorted by foreign keys, for a set that will be loaded into tables that have them. */
  isDataOnly: boolean;
}

/** Roles, memberships and tablespaces, without a password hash (pg_dumpall --globals-only). */
export async function* dumpGlobals(options: DumpOptions): AsyncGenerator<Uint8Array> {
  try {
    yield* runDumpall(options);
  } catch (error) {
    throw await withReason(error, options);
  }
}

async function* runDumpall({
  tools,
  settings,
  applicationName,
  signal,
}: DumpOptions): AsyncGenerator<Uint8Array> {
  const database = libpqConnectionString(settings);
  const args = [
    '--globals-only',
    '--no-role-passwords',
    '--no-password',
    `--database=${database}`,
    `--dbname=${database}`,
  ];
  const env = libpqEnvironment(await settingsForProgram(settings, { applicationName }), {
    applicationName,
  });
  yield* outputOf(
    startProgram(join(tools.directory, 'pg_dumpall'), {
      args,
      env,
      signal,
      failure: 'DUMP_FAILED',
      watch: { settings, applicationName },
    }),
  );
}

export interface SchemaOptions extends ArchiveOptions {
  /** Large objects belong to the schema by name and owner: without their bytes they would come back empty. */
  hasLargeObjects: boolean;
}

/** Everything but rows, as an archive of its own: small, and what a selective restore reads. */
export function dumpSchema({
  hasLargeObjects,
  ...options
}: SchemaOptions): AsyncIterable<Uint8Array> {
  return archive(
    ['--section=pre-data', '--section=post-data', ...(hasLargeObjects ? [] : ['--no-blobs'])],
    options,
  );
}

/** Rows, sequence values and large objects. */
export function dumpData(options: DataOptions): AsyncIterable<Uint8Array> {
  const what = options.isDataOnly ? ['--data-only'] : ['--section=data'];
  const only = options.tables?.map((table) => `--table=${quoteTable(table)}`) ?? [];
  const without = options.excludedTables.map(
    (table) => `--exclude-table-data=${quoteTable(table)}`,
  );
  return archive([...what, ...only, ...without], options);
}

async function* archive(
  what: readonly string[],
  options: ArchiveOptions,
): AsyncGenerator<Uint8Array> {
  yield* asArchive(outputOf(await startArchive(what, options)));
}

const MAGIC = 'PGDMP';

/** A program that says it went well and wrote no archive did not go well. @throws HoldfastError DUMP_SHORT. */
async function* asArchive(output: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head = Buffer.alloc(0);
  for await (const chunk of output) {
    if (head.length < MAGIC.length) head = Buffer.concat([head, chunk.subarray(0, MAGIC.length)]);
    yield chunk;
  }
  if (head.toString('latin1').startsWith(MAGIC)) return;
  throw new HoldfastError({
    code: 'DUMP_SHORT',
    message: 'pg_dump exited with 0 and wrote no archive',
    hint: 'Look at which pg_dump is run (`holdfast doctor`); it may be a wrapper.',
  });
}

async function startArchive(what: readonly string[], options: ArchiveOptions): Promise<Program> {
  const { tools, settings, applicationName, signal, snapshot } = options;
  const { lockWaitTimeoutSeconds } = options;
  const args = [
    '--format=custom',
    '--compress=0',
    '--no-password',
    ...(snapshot === undefined ? [] : [`--snapshot=${snapshot}`]),
    `--lock-wait-timeout=${Math.max(1, Math.round(lockWaitTimeoutSeconds * 1000))}`,
    ...what,
    `--dbname=${libpqConnectionString({ allowedAuth: settings.allowedAuth, watch: settings.watch })}`,
  ];
  const env = libpqEnvironment(await settingsForProgram(settings, { applicationName }), {
    applicationName,
  });
  return startProgram(join(tools.directory, 'pg_dump'), {
    args,
    env,
    signal,
    failure: 'DUMP_FAILED',
    watch: { settings, applicationName },
    outputBuffer: true,
  });
}
