import { PREFIX, RECORDS_KEEP_DAYS } from '../contract.ts';
import { ledgerTime } from './audit/ledger-entry.ts';
import { parseBasicTime } from './backup-id.ts';
import type { ListedObject } from './inventory.ts';

const DAY_MS = 86_400_000;
/** Entries of the ledger outlive the records that they cover, whatever clocks and copied files say of the two. */
const LEDGER_KEEP_DAYS = RECORDS_KEEP_DAYS + 31;

/**
 * Whether an audit record, an entry of their ledger, a drill report or a page of evidence has been kept its six years: by its
 * key and by the store's clock both, because a copied folder has younger files and a disk with a wrong clock older ones.
 * False for anything else.
 */
export function isOutlivedRecord(
  { key, modifiedAt }: ListedObject,
  { now }: { now: Date },
): boolean {
  const recordedAt = recordTime(key);
  if (recordedAt === undefined) return false;
  const youngest = Math.max(recordedAt, modifiedAt.getTime());
  return now.getTime() - youngest > keepDays(key) * DAY_MS;
}

/** Whether its key is of a record, and says that it is still kept; so do those of all that follow it in its folder. */
export function isKeptRecord({ key }: Pick<ListedObject, 'key'>, { now }: { now: Date }): boolean {
  const recordedAt = recordTime(key);
  return recordedAt !== undefined && now.getTime() - recordedAt <= keepDays(key) * DAY_MS;
}

function keepDays(key: string): number {
  return ledgerTime(key) === undefined ? RECORDS_KEEP_DAYS : LEDGER_KEEP_DAYS;
}

/** `audit/2026/11/22/...`, `audit/ledger/<time>.json`, `drills/<database>/<time>-...`, `evidence/2026-11/...`, which is of the whole month. */
function recordTime(key: string): number | undefined {
  const [prefix, first = '', second = '', third = ''] = key.split('/');
  const sealedAt = ledgerTime(key);
  if (sealedAt !== undefined) return sealedAt.getTime();
  if (prefix === PREFIX.audit) return dayTime(`${first}-${second}-${third}`);
  if (prefix === PREFIX.drills) return parseBasicTime(second)?.getTime();
  if (prefix !== PREFIX.evidence) return undefined;
  const month = dayTime(`${first}-01`);
  return month === undefined ? undefined : month + 31 * DAY_MS;
}

function dayTime(day: string): number | undefined {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
