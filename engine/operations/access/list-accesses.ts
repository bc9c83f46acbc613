import { type Access, AccessTable } from '../../domain/access/access-table.ts';
import type { Places } from '../../domain/access/touched-set.ts';
import type { Month } from '../../domain/evidence/month.ts';
import { knownFailure } from '../../domain/known-failure.ts';
import type { HoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';
import { readTrailFile } from './read-trail-file.ts';

/** The bucket of one trail. */
export interface Trail {
  bucket: string;
  region: string;
  files: Pick<Repository, 'list' | 'get' | 'prefixes'>;
}

export interface ListAccessesOptions {
  month: Month;
  places: Places;
  account: string;
  signal: AbortSignal;
}

export interface ListedAccesses {
  accesses: Access[];
  /** Files that were read. */
  files: number;
  duplicates: number;
  unreadable: { bucket: string; key: string; why: string }[];
  /** Accounts of which there are files or records here; none of them is counted. */
  otherAccounts: string[];
  /** Trails that could not be read to their end. */
  failures: { bucket: string; error: HoldfastError }[];
}

const ROOT = 'AWSLogs/';
const DAY_MS = 86_400_000;
/** CloudTrail delivers within minutes as a rule, and promises nothing: files of the days after the month are read too. */
const LATE_DAYS = 3;
const AT_A_TIME = 8;

/**
 * Who read what the sets hold in a month, by the files that CloudTrail delivered. One file after the other is in memory; the answer grows with the number of
 * callers and sets, and not with that of their calls. A trail that can not be read hides nothing of the other.
 */
export async function listAccesses(
  trails: readonly Trail[],
  options: ListAccessesOptions,
): Promise<ListedAccesses> {
  const { month, places, account } = options;
  const table = new AccessTable({ places, account, from: month.from, to: month.to });
  const listed: ListedAccesses = {
    ...{ accesses: [], files: 0, duplicates: 0 },
    ...{ unreadable: [], otherAccounts: [], failures: [] },
  };
  for (const trail of trails)
    await readTrail(trail, { ...options, table, listed }).catch((error: unknown) => {
      if (options.signal.aborted) throw error;
      listed.failures.push({ bucket: trail.bucket, error: knownFailure(error) });
    });
  const accounts = [...listed.otherAccounts, ...table.otherAccounts().map((one) => one.account)];
  return {
    ...listed,
    accesses: table.accesses(),
    duplicates: table.duplicates,
    otherAccounts: [...new Set(accounts)].toSorted(),
  };
}

interface Reading extends ListAccessesOptions {
  table: AccessTable;
  listed: ListedAccesses;
}

async function readTrail(trail: Trail, reading: Reading): Promise<void> {
  const { account, listed, signal } = reading;
  const folders = (await trail.files.prefixes(ROOT)).map((prefix) => prefix.slice(ROOT.length, -1));
  listed.otherAccounts.push(...folders.filter((folder) => folder !== account));
  const keys = keysOf(trail, reading);
  const work = async () => {
    for await (const key of keys) {
      signal.throwIfAborted();
      await readFile(trail, key, reading);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}

/** By the day on which CloudTrail delivered them (CloudTrail User Guide, "Finding your CloudTrail log files"). */
async function* keysOf(
  { files, region }: Trail,
  { month, account }: ListAccessesOptions,
): AsyncGenerator<string> {
  const end = month.to.getTime() + LATE_DAYS * DAY_MS;
  for (let day = month.from.getTime(); day < end; day += DAY_MS) {
    const date = new Date(day).toISOString().slice(0, 10).replaceAll('-', '/');
    for await (const { key } of files.list(`${ROOT}${account}/CloudTrail/${region}/${date}/`))
      yield key;
  }
}

async function readFile(
  { bucket, files }: Trail,
  key: string,
  { table, listed }: Reading,
): Promise<void> {
  try {
    const { records, fault } = await readTrailFile(await files.get(key));
    for (const record of records) table.add(record);
    listed.files++;
    if (fault !== null) listed.unreadable.push({ bucket, key, why: fault });
  } catch (error) {
    const isOfTheFile = ['OBJECT_DAMAGED', 'OBJECT_MISSING', 'OBJECT_COLD'].includes(
      knownFailure(error).code,
    );
    if (!isOfTheFile) throw error;
    listed.unreadable.push({ bucket, key, why: `can not be read (${knownFailure(error).code})` });
  }
}
