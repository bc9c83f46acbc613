import { PREFIX } from '../../contract.ts';
import {
  judgeLedger,
  type LedgerJudgement,
  type ReadEntry,
} from '../../domain/audit/judge-ledger.ts';
import { recordDay } from '../../domain/audit/ledger-entry.ts';
import type { Repository } from '../../ports/repository.ts';
import type { PublicKey } from '../../stream/signing/sign-envelope.ts';
import { readPublicKeys } from '../signing/public-keys.ts';
import { hashRecords, listEntryKeys, readEntries, type SignedEntry } from './read-ledger.ts';

const DAY_MS = 86_400_000;

export interface VerifyLedgerOptions {
  /** Kept by the verifier; where it is empty, those that the repository names. */
  publicKeys: readonly PublicKey[];
  now: Date;
  /** Records and gaps before it are not judged; the chain always is. */
  since?: Date | undefined;
}

/** A key, and the entries that it signed. */
export interface UsedKey {
  keyId: string;
  entries: number;
  /** Keys of its first and its last entry. */
  first: string;
  last: string;
}

export interface VerifiedLedger extends LedgerJudgement {
  entries: number;
  /** Records that were read. */
  records: number;
  /** `to` of the first and the newest entry; null where there is none. */
  begins: string | null;
  ends: string | null;
  /** SHA-256 of the newest entry: whoever keeps it can later show that the ledger still has it. */
  head: string | null;
  signedBy: UsedKey[];
}

/** Reads the whole ledger of a repository and the records that it covers; asks no service. */
export async function verifyLedger(
  repository: Repository,
  { publicKeys, now, since }: VerifyLedgerOptions,
): Promise<VerifiedLedger> {
  const trusted = publicKeys.length === 0 ? await readPublicKeys(repository) : publicKeys;
  const keys = await listEntryKeys(repository);
  const entries: SignedEntry[] = [];
  for await (const one of readEntries(repository, { keys, publicKeys: trusted })) entries.push(one);
  // Records after the entries: what an entry has is there by then.
  const records = new Map<string, string>();
  for await (const { key, sha256 } of hashRecords(repository, await recordKeys(repository, since)))
    records.set(key, sha256);
  const ends = entries.flatMap(({ entry }) => (entry === undefined ? [] : [entry.to]));
  return {
    ...judgeLedger({ entries, records }, { now, since }),
    entries: entries.length,
    records: records.size,
    begins: ends[0] ?? null,
    ends: ends.at(-1) ?? null,
    head: entries.at(-1)?.sha256 ?? null,
    signedBy: usedKeys(entries),
  };
}

async function recordKeys(repository: Repository, since: Date | undefined): Promise<string[]> {
  const first = since === undefined ? undefined : new Date(since.getTime() - DAY_MS);
  const keys: string[] = [];
  for await (const { key } of repository.list(`${PREFIX.audit}/`)) {
    const day = recordDay(key);
    if (day !== undefined && (first === undefined || day >= first)) keys.push(key);
  }
  return keys;
}

function usedKeys(entries: readonly (ReadEntry & { keyId: string | undefined })[]): UsedKey[] {
  const used = new Map<string, UsedKey>();
  for (const { key, keyId, fault } of entries) {
    if (keyId === undefined || fault !== undefined) continue;
    const before = used.get(keyId);
    used.set(keyId, {
      keyId,
      entries: (before?.entries ?? 0) + 1,
      first: before?.first ?? key,
      last: key,
    });
  }
  return [...used.values()];
}
