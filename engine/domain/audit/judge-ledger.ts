import { MAX_CLOCK_SKEW_SECONDS, RECORDS_KEEP_DAYS } from '../../contract.ts';
import {
  coveredPeriod,
  type LedgerEntry,
  type LedgerHead,
  ledgerKey,
  recordDay,
  recordTime,
  type SealedRecord,
} from './ledger-entry.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Entries are made hourly; one that is late or missed once is no gap. */
const LONGEST_GAP_MS = 3 * HOUR_MS;
const SKEW_MS = MAX_CLOCK_SKEW_SECONDS * 1000;

export const LEDGER_FAULTS = [
  'ledger-missing',
  'entry-unreadable',
  'entry-unknown-key',
  'entry-bad-signature',
  'entry-misplaced',
  'chain-broken',
  'chain-cut',
  'gap',
  'clock',
  'record-missing',
  'record-changed',
  'record-unsealed',
  'record-twice',
] as const;

export interface LedgerFault {
  code: (typeof LEDGER_FAULTS)[number];
  /** The object that it is about; null where that is the whole ledger. */
  key: string | null;
  /** A sentence without a full stop. */
  detail: string;
}

/** An object below the prefix of the ledger. */
export interface ReadEntry {
  key: string;
  sha256: string;
  /** What it says, whether or not its signature is good. */
  entry: LedgerEntry | undefined;
  /** Undefined where a key of the ledger signed it. */
  fault: 'malformed' | 'unknown-key' | 'bad-signature' | undefined;
}

export interface LedgerEvidence {
  /** In the order of their keys. */
  entries: readonly ReadEntry[];
  /** Every audit record of the judged days that is there. */
  records: ReadonlyMap<string, SealedRecord['sha256']>;
}

export interface JudgeOptions {
  now: Date;
  /** Records of earlier days and gaps that ended earlier are not judged; the chain always is. */
  since?: Date | undefined;
}

export interface LedgerJudgement {
  faults: LedgerFault[];
  /** Records that the next entry will cover. */
  notSealedYet: string[];
  /** Records that were not there when the entry after their time was made. */
  late: string[];
}

/** Whether the records are those that the ledger has, and the ledger is whole. */
export function judgeLedger(evidence: LedgerEvidence, options: JudgeOptions): LedgerJudgement {
  const records = judgeRecords(evidence, options);
  return {
    ...records,
    faults: [
      ...evidence.entries.flatMap(entryFaults),
      ...chainFaults(evidence.entries, options),
      ...gapFaults(evidence, options),
      ...records.faults,
    ],
  };
}

/** The newest object, as the next entry sees it. */
export function headOf(entries: readonly ReadEntry[]): LedgerHead | undefined {
  const last = entries.at(-1);
  return last && { ...last, entry: isGood(last) ? last.entry : undefined };
}

function isGood({ fault, entry }: ReadEntry): boolean {
  return fault === undefined && entry !== undefined;
}

const SIGNATURE_FAULTS = {
  malformed: ['entry-unreadable', 'it is no entry of a ledger'],
  'unknown-key': ['entry-unknown-key', 'none of the given public keys is the one that signed it'],
  'bad-signature': ['entry-bad-signature', 'its signature does not fit its content'],
} as const;

function entryFaults({ key, entry, fault }: ReadEntry): LedgerFault[] {
  const kind = fault ?? (entry === undefined ? 'malformed' : undefined);
  if (kind !== undefined) {
    const [code, detail] = SIGNATURE_FAULTS[kind];
    return [{ code, key, detail }];
  }
  if (entry === undefined || ledgerKey(entry) === key) return [];
  return [{ code: 'entry-misplaced', key, detail: `it was made for the key ${ledgerKey(entry)}` }];
}

/**
 * Each entry names the bytes of the one before; the first may name one that outlived its six years.
 */
function chainFaults(entries: readonly ReadEntry[], { now }: JudgeOptions): LedgerFault[] {
  return entries.flatMap(({ key, entry }, index): LedgerFault[] => {
    if (entry === undefined) return [];
    const before = entries[index - 1];
    if (before !== undefined) {
      if (entry.previous === before.sha256) return [];
      const detail = `it was made after other bytes than those of ${before.key}`;
      return [{ code: 'chain-broken', key, detail }];
    }
    const age = now.getTime() - Date.parse(entry.from);
    if (entry.previous === null || age >= RECORDS_KEEP_DAYS * DAY_MS) return [];
    const detail = `the entry before it is gone, although it ended only at ${entry.from}`;
    return [{ code: 'chain-cut', key, detail }];
  });
}

function gapFaults(
  { entries, records }: LedgerEvidence,
  { now, since }: JudgeOptions,
): LedgerFault[] {
  const made = entries.flatMap(({ key, entry }) =>
    entry === undefined ? [] : [{ key, at: Date.parse(entry.sealedAt) }],
  );
  const steps = [...made, { key: null, at: now.getTime() }];
  const faults = steps.slice(1).flatMap(({ key, at }, index): LedgerFault[] => {
    const before = steps[index]?.at ?? at;
    if (since !== undefined && Math.max(at, before) < since.getTime()) return [];
    return stepFaults(key, { before, at });
  });
  return made.length === 0 ? missingLedger([...records.keys()], now) : faults;
}

/** @param key of the later entry; null for the present. */
function stepFaults(
  key: string | null,
  { before, at }: { before: number; at: number },
): LedgerFault[] {
  const [from, to] = [new Date(before).toISOString(), new Date(at).toISOString()];
  if (at - before > LONGEST_GAP_MS) {
    const hours = ((at - before) / HOUR_MS).toFixed(1);
    const detail = `no entry was made for ${hours} h, from ${from} to ${key === null ? 'now' : to}`;
    return [{ code: 'gap', key, detail }];
  }
  if (before - at <= SKEW_MS) return [];
  const detail =
    key === null
      ? `the newest entry was made at ${from}, which is later than now`
      : `it was made at ${to} by its clock, before the earlier entry of ${from}`;
  return [{ code: 'clock', key, detail }];
}

function missingLedger(records: readonly string[], now: Date): LedgerFault[] {
  const isOld = (key: string) =>
    now.getTime() - (recordTime(key) ?? now).getTime() > LONGEST_GAP_MS;
  if (!records.some(isOld)) return [];
  const detail = `there are ${records.length} records, and no entry that covers them`;
  return [{ code: 'ledger-missing', key: null, detail }];
}

function judgeRecords(
  { entries, records }: LedgerEvidence,
  { now, since }: JudgeOptions,
): LedgerJudgement {
  const head = headOf(entries);
  const isJudged = (key: string) => since === undefined || (recordTime(key) ?? now) >= since;
  const faults: LedgerFault[] = [];
  const late: string[] = [];
  const sealed = new Set<string>();
  const sealedWell = new Set<string>();
  for (const read of entries) {
    for (const one of read.entry?.records ?? []) {
      sealed.add(one.key);
      if (!isJudged(one.key)) continue;
      faults.push(...sealFaults(one, { read, records, sealedWell, now }));
      if (read.entry?.previous !== null && isLate(one.key, read.entry?.from)) late.push(one.key);
    }
  }
  const period = coveredPeriod(head, now);
  const notSealedYet: string[] = [];
  for (const key of records.keys()) {
    if (sealed.has(key) || !isJudged(key)) continue;
    const day = recordDay(key);
    const isCovered =
      period === undefined || (day !== undefined && day >= period.from && day < period.to);
    if (isCovered) notSealedYet.push(key);
    else if (!isOutlived(key, now)) faults.push(unsealed(key));
    if (isCovered && isLate(key, head?.entry?.to)) late.push(key);
  }
  return { faults, notSealedYet, late };
}

function unsealed(key: string): LedgerFault {
  const detail = 'no entry has it, and it is too old for the next one';
  return { code: 'record-unsealed', key, detail };
}

interface SealContext {
  read: ReadEntry;
  records: LedgerEvidence['records'];
  sealedWell: Set<string>;
  now: Date;
}

function sealFaults(
  { key, sha256 }: SealedRecord,
  { read, records, sealedWell, now }: SealContext,
): LedgerFault[] {
  const found = records.get(key);
  const isTwice = isGood(read) && sealedWell.has(key);
  if (isGood(read)) sealedWell.add(key);
  if (isTwice) return [{ code: 'record-twice', key, detail: 'two entries have it' }];
  if (found === sha256 || (found === undefined && isOutlived(key, now))) return [];
  const detail = `it is ${found === undefined ? 'gone' : 'not what it was'}: see ${read.key}`;
  return [{ code: found === undefined ? 'record-missing' : 'record-changed', key, detail }];
}

/** Retention removes records after six years. */
function isOutlived(key: string, now: Date): boolean {
  const day = recordDay(key);
  return day !== undefined && now.getTime() - day.getTime() > RECORDS_KEEP_DAYS * DAY_MS;
}

function isLate(key: string, madeAt: string | undefined): boolean {
  const at = recordTime(key);
  return at !== undefined && madeAt !== undefined && at.getTime() + SKEW_MS < Date.parse(madeAt);
}
