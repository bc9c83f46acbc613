import type { ArchiveItem, RefusedStatement } from './refusals.ts';

/** Whether the set itself is at fault, or only what the machine of a drill lacks; then, what it lacks. */
export type RefusalCause = { isOfSet: true } | { isOfSet: false; lacks: string };

const OF_SET: RefusalCause = { isOfSet: true };

/** Classes and codes of SQLSTATE that speak of the machine, whatever the object is (PostgreSQL's appendix A). */
const BY_STATE: readonly [RegExp, string][] = [
  [/^08/, 'another server, which a drill never reaches'],
  [/^HV/, 'a foreign server or what its foreign data wrapper needs'],
  [/^F0/, 'a configuration file of the server'],
  [/^53/, 'memory, disk space or connections'],
  [/^54001$/, 'stack depth (max_stack_depth)'],
  [/^57/, 'time, or a server that kept running'],
  [/^58/, 'a file or library of the server'],
  [/^0A000$/, 'a feature that this build of PostgreSQL has'],
];

/** The server's own words, where its SQLSTATE is not specific (src/backend, contrib, pg_cron, pgaudit). */
const BY_MESSAGE: readonly [RegExp, string][] = [
  [/must be loaded via|shared_preload_libraries/, 'a library that must be preloaded'],
  [/^user mapping not found for /, 'a user mapping, which drills leave out'],
  [/^security label provider .* is not loaded/, 'a security label provider'],
  [/^program ".*" failed$/s, 'a program that the server runs'],
  [
    /^collation ".*" for encoding ".*" does not exist|^could not create locale|^could not open collator/,
    'a locale',
  ],
];

/** Entries whose definition is made from files of the machine alone, and what is missing where they are refused. */
const BY_TYPE: Readonly<Record<string, string>> = {
  EXTENSION: 'an extension',
  COLLATION: 'a locale',
  'SECURITY LABEL': 'a security label provider',
};

/** Why a server refused a statement of a restore. */
export function causeOf(
  { sqlState, message }: Pick<RefusedStatement, 'sqlState' | 'message'>,
  item: Pick<ArchiveItem, 'type'> | undefined,
): RefusalCause {
  const lacks =
    BY_TYPE[item?.type ?? ''] ??
    BY_STATE.find(([pattern]) => pattern.test(sqlState))?.[1] ??
    BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1];
  return lacks === undefined ? OF_SET : { isOfSet: false, lacks };
}
