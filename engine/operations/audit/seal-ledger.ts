import { createHash } from 'node:crypto';
import { PREFIX } from '../../contract.ts';
import { headOf } from '../../domain/audit/judge-ledger.ts';
import {
  canHaveRecordsOf,
  coveredPeriod,
  LEDGER_PAYLOAD_TYPE,
  type LedgerEntry,
  type LedgerHead,
  ledgerKey,
  MOST_RECORDS_OF_AN_ENTRY,
  nextEntry,
  recordDay,
  type SealedConfig,
  type SealedRecord,
} from '../../domain/audit/ledger-entry.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Repository } from '../../ports/repository.ts';
import type { Signer } from '../../ports/signer.ts';
import { readPublicKey, signEnvelope } from '../../stream/signing/sign-envelope.ts';
import { assertStoreClockAgrees } from '../clock-check.ts';
import { publishPublicKey, readPublicKeys } from '../signing/public-keys.ts';
import { hashRecords, listEntryKeys, readEntries, type SignedEntry } from './read-ledger.ts';
import { listRecordKeys, type Period } from './read-records.ts';

export interface SealContext {
  repository: Repository;
  clock: Clock;
  signer: Signer;
  /** What this machine works by. */
  config?: SealedConfig | undefined;
  /** Writes the audit record of a config that is new here, so that this very entry has it. */
  onNewConfig?: (before: string | undefined) => Promise<void>;
}

export interface SealResult {
  /** Keys of the entries that were made; more than one only where very many records waited. */
  entries: string[];
  /** Records that they have. */
  records: number;
  /** Id of the key that signed them. */
  keyId: string;
  /** Another run made the entry first; what that one left out is for the next entry. */
  isOutrun: boolean;
}

/**
 * Adds an entry to the ledger of a repository, also where there is no new record: an unbroken row
 * of hours shows that nothing stopped it.
 * @throws HoldfastError CLOCK_OFF, KEY_UNUSABLE, CREDENTIALS, and what the repository failed with.
 */
export async function sealLedger(context: SealContext): Promise<SealResult> {
  const { repository, clock, signer, config } = context;
  await assertStoreClockAgrees(context);
  await publishPublicKey(repository, signer);
  const recent = await readRecent(context);
  await noticeConfig(context, recent.entries);
  const waiting = await waitingRecords(repository, recent);
  const result: SealResult = { entries: [], records: 0, keyId: signer.keyId, isOutrun: false };
  let head = recent.newest;
  for (let next = 0; next === 0 || next < waiting.length; next += MOST_RECORDS_OF_AN_ENTRY) {
    const records: SealedRecord[] = [];
    const some = waiting.slice(next, next + MOST_RECORDS_OF_AN_ENTRY);
    for await (const record of hashRecords(repository, some)) records.push(record);
    const made = await sealOnce(
      { repository, signer },
      nextEntry(head, { records, now: clock.now(), config }),
    );
    if (made === undefined) return { ...result, isOutrun: true };
    result.entries.push(made.key);
    result.records += records.length;
    head = made;
  }
  return result;
}

/** Undefined where there is an entry of this key. */
async function sealOnce(
  { repository, signer }: Pick<SealContext, 'repository' | 'signer'>,
  entry: LedgerEntry,
): Promise<LedgerHead | undefined> {
  const payload = Buffer.from(JSON.stringify(entry));
  const envelope = await signEnvelope(signer, { payloadType: LEDGER_PAYLOAD_TYPE, payload });
  const bytes = Buffer.from(`${JSON.stringify(envelope)}\n`);
  const key = ledgerKey(entry);
  try {
    await repository.put(key, bytes);
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_EXISTS')) return undefined;
    throw error;
  }
  return { key, sha256: createHash('sha256').update(bytes).digest('hex'), entry };
}

interface Recent {
  newest: LedgerHead | undefined;
  /** What the next entry covers; undefined for every day. */
  period: Period | undefined;
  /** With a good signature, of the days that the next entry covers; in no order. */
  entries: LedgerEntry[];
}

async function readRecent({ repository, clock, signer }: SealContext): Promise<Recent> {
  const own = readPublicKey(signer.publicKey, { origin: 'the signing key' });
  const publicKeys = [own, ...(await readPublicKeys(repository))];
  const keys = await listEntryKeys(repository);
  const last: SignedEntry[] = [];
  for await (const one of readEntries(repository, { keys: keys.slice(-1), publicKeys }))
    last.push(one);
  const newest = headOf(last);
  const period = coveredPeriod(newest, clock.now());
  const entries: LedgerEntry[] = [];
  for (let end = keys.length; end > 0; end -= ENTRIES_AT_A_TIME) {
    const some = keys.slice(Math.max(0, end - ENTRIES_AT_A_TIME), end);
    for await (const { entry, fault } of readEntries(repository, { keys: some, publicKeys }))
      if (entry !== undefined && fault === undefined) entries.push(entry);
    const isEnough = (entry: LedgerEntry) =>
      period !== undefined && !canHaveRecordsOf(period, entry);
    if (entries.some(isEnough)) break;
  }
  return { newest, period, entries };
}

/** Keys of the records that no entry has, the oldest first. */
async function waitingRecords(
  repository: Repository,
  { period, entries }: Recent,
): Promise<string[]> {
  const sealed = new Set(entries.flatMap(({ records }) => records.map(({ key }) => key)));
  const waiting: string[] = [];
  for await (const key of recordKeys(repository, period)) if (!sealed.has(key)) waiting.push(key);
  return waiting;
}

/** Writes down a config that this machine did not have when it made its last entry. */
async function noticeConfig(
  { config, onNewConfig }: SealContext,
  entries: readonly LedgerEntry[],
): Promise<void> {
  if (config === undefined) return;
  const [last] = entries
    .filter((entry) => entry.config?.host === config.host)
    .sort((one, other) => Date.parse(other.to) - Date.parse(one.to));
  const before = last?.config?.sha256;
  if (before !== config.sha256) await onNewConfig?.(before);
}

const ENTRIES_AT_A_TIME = 32;

/** Of a period, or of every day. */
async function* recordKeys(
  repository: Repository,
  period: Period | undefined,
): AsyncGenerator<string> {
  if (period !== undefined) return yield* listRecordKeys(repository, period);
  for await (const { key } of repository.list(`${PREFIX.audit}/`))
    if (recordDay(key) !== undefined) yield key;
}
