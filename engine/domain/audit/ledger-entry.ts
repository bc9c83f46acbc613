import { z } from 'zod';
import { PREFIX } from '../../contract.ts';
import { basicTime, parseBasicTime } from '../backup-id.ts';
import { parseDocument } from '../set/parse-document.ts';

export const LEDGER_PREFIX = `${PREFIX.audit}/ledger/`;
export const LEDGER_PAYLOAD_TYPE = 'application/vnd.holdfast.ledger+json';

/** More records than that go into further entries of the same run. */
export const MOST_RECORDS_OF_AN_ENTRY = 20_000;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A record that is written later than that after its own day is in no entry. */
const LATEST_RECORD_MS = 48 * HOUR_MS;
/** The first entry of a ledger covers everything that came before it. */
const BEGINNING = new Date(0);

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime();

/**
 * What an entry of the ledger signs: the records that no earlier entry has, and the entry before.
 */
export const ledgerEntrySchema = z.looseObject({
  schemaVersion: z.literal(1),
  previous: sha256.nullable().describe('SHA-256 of the bytes of the entry before.'),
  from: time.describe('The `to` of the entry before.'),
  to: time.describe('When the records were listed; always later than `from`.'),
  sealedAt: time.describe('The clock of the machine that made it.'),
  records: z.array(z.looseObject({ key: z.string(), sha256 })),
  config: z
    .looseObject({ sha256, host: z.string() })
    .optional()
    .describe('Of the config file of the machine that made it.'),
});

export type LedgerEntry = z.output<typeof ledgerEntrySchema>;

/** A config file, and the machine that works by it. */
export interface SealedConfig {
  /** Hexadecimal, of the bytes of the file. */
  sha256: string;
  host: string;
}

export interface SealedRecord {
  key: string;
  /** Hexadecimal, of the bytes as they are stored. */
  sha256: string;
}

/** Undefined where the payload is no entry of a ledger. */
export function parseLedgerEntry(payload: Uint8Array): LedgerEntry | undefined {
  const document = parseDocument(payload);
  if ('fault' in document) return undefined;
  const parsed = ledgerEntrySchema.safeParse(document.value);
  return parsed.success ? parsed.data : undefined;
}

/** An entry as the next one sees it: only its bytes and its end count. */
export interface LedgerHead {
  key: string;
  sha256: string;
  /** Undefined where the object is no entry that a key of the ledger signed. */
  entry: LedgerEntry | undefined;
}

/**
 * The next entry after a head. Its key follows from the head alone, so two writers that saw the
 * same head want the same key, and a store that never replaces an object takes one of them.
 */
export function nextEntry(
  head: LedgerHead | undefined,
  {
    records,
    now,
    config,
  }: { records: readonly SealedRecord[]; now: Date; config?: SealedConfig | undefined },
): LedgerEntry {
  const from = endOf(head);
  const to = Math.max(Math.floor(now.getTime() / 1000) * 1000, from.getTime() + 1000);
  return {
    schemaVersion: 1,
    previous: head?.sha256 ?? null,
    from: from.toISOString(),
    to: new Date(to).toISOString(),
    sealedAt: now.toISOString(),
    records: records.map((record) => ({ ...record })),
    ...(config === undefined ? {} : { config: { ...config } }),
  };
}

export function ledgerKey({ from }: Pick<LedgerEntry, 'from'>): string {
  return `${LEDGER_PREFIX}${basicTime(new Date(from))}.json`;
}

/** The time in the key of an entry; undefined for any other key. */
export function ledgerTime(key: string): Date | undefined {
  const name = key.startsWith(LEDGER_PREFIX) ? key.slice(LEDGER_PREFIX.length) : '';
  return /^\d{8}T\d{6}Z\.json$/.test(name) ? parseBasicTime(name) : undefined;
}

/**
 * Where the next entry begins. An object that is no entry is passed by a second, so that it stops
 * nobody.
 */
function endOf(head: LedgerHead | undefined): Date {
  if (head === undefined) return BEGINNING;
  const at = ledgerTime(head.key) ?? BEGINNING;
  const end = head.entry === undefined ? 0 : Date.parse(head.entry.to);
  return new Date(Math.max(end, at.getTime() + 1000));
}

/**
 * The days whose records the next entry covers, as far as no earlier one has them: 48 hours, and
 * everything since the head where it is older. Undefined for every day: for the first entry, and
 * behind a full one, whose run may have broken off before the records that were left.
 */
export function coveredPeriod(
  head: LedgerHead | undefined,
  now: Date,
): { from: Date; to: Date } | undefined {
  if (head === undefined || isFull(head)) return undefined;
  const times = [now.getTime(), endOf(head).getTime()];
  const first = Math.floor((Math.min(...times) - LATEST_RECORD_MS) / DAY_MS) * DAY_MS;
  return {
    from: new Date(Math.max(first, 0)),
    to: new Date((Math.floor(Math.max(...times) / DAY_MS) + 2) * DAY_MS),
  };
}

function isFull({ entry }: LedgerHead): boolean {
  return entry !== undefined && entry.records.length >= MOST_RECORDS_OF_AN_ENTRY;
}

/**
 * Whether an entry that ended then can have records of the period: machines' clocks differ by less
 * than two days.
 */
export function canHaveRecordsOf(period: { from: Date }, { to }: Pick<LedgerEntry, 'to'>): boolean {
  return Date.parse(to) >= period.from.getTime() - 2 * DAY_MS;
}

const RECORD_KEY = new RegExp(`^${PREFIX.audit}/(\\d{4})/(\\d{2})/(\\d{2})/(.+)$`);

/** The day of an audit record by its key; undefined for any other key. */
export function recordDay(key: string): Date | undefined {
  const match = RECORD_KEY.exec(key);
  const day = match === null ? Number.NaN : Date.parse(`${match[1]}-${match[2]}-${match[3]}`);
  return Number.isNaN(day) ? undefined : new Date(day);
}

/**
 * When an audit record was completed, by its key; the end of its day where its name says no time of
 * that day.
 */
export function recordTime(key: string): Date | undefined {
  const day = recordDay(key);
  if (day === undefined) return undefined;
  const end = new Date(day.getTime() + DAY_MS);
  const named = parseBasicTime(key.slice(key.lastIndexOf('/') + 1));
  return named !== undefined && named >= day && named < end ? named : end;
}
