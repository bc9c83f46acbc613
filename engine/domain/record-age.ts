import { PREFIX, RECORDS_KEEP_DAYS } from '../contract.ts';
import { parseBasicTime } from './backup-id.ts';
import type { ListedObject } from './inventory.ts';

const DAY_MS = 86_400_000;

/**
 * Whether an audit record, a drill report or a page of evidence has been kept its six years, by its key and by the store's clock both:
 * a copied folder has younger files, and a disk with a wrong clock older ones. Of anything else nobody may say so.
 */
export function isOutlivedRecord(
  { key, modifiedAt }: ListedObject,
  { now }: { now: Date },
): boolean {
  const recordedAt = recordTime(key);
  if (recordedAt === undefined) return false;
  return now.getTime() - Math.max(recordedAt, modifiedAt.getTime()) > RECORDS_KEEP_DAYS * DAY_MS;
}

/** `audit/2026/11/22/...`, `drills/<database>/<time>-...`, `evidence/2026-11/...`, which is of the whole month. */
function recordTime(key: string): number | undefined {
  const [prefix, first = '', second = '', third = ''] = key.split('/');
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
