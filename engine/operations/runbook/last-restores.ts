import type { AuditRecord } from '../../domain/audit-record.ts';
import { parseAuditRecord } from '../../domain/audit-record.ts';
import type { MeasuredRestore } from '../../domain/runbook/measured.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';
import { listRecordKeys } from '../audit/read-records.ts';

const DAY_MS = 86_400_000;
/** How far back restores are looked for: a request a day. */
export const RESTORE_DAYS = 366;
const DAYS_AT_A_TIME = 16;

/**
 * The newest restore of a whole set of each database, by its name. The newest days are listed first, and no
 * more of them than it takes. @throws HoldfastError when the repository fails.
 */
export async function lastRestores(
  repository: Repository,
  { databases, now }: { databases: readonly string[]; now: Date },
): Promise<Map<string, MeasuredRestore>> {
  const found = new Map<string, MeasuredRestore>();
  for (let back = 0; back < RESTORE_DAYS && found.size < databases.length; back += DAYS_AT_A_TIME) {
    const to = new Date(now.getTime() + DAY_MS - back * DAY_MS);
    const from = new Date(to.getTime() - DAYS_AT_A_TIME * DAY_MS);
    for (const record of await wholeRestores(repository, { from, to })) {
      const { database, backup, startedAt, completedAt, target } = record;
      if (database === null || backup === null || !databases.includes(database)) continue;
      const at = new Date(completedAt);
      if (at <= (found.get(database)?.at ?? new Date(0))) continue;
      const seconds = (at.getTime() - Date.parse(startedAt)) / 1000;
      found.set(database, { at, set: backup, seconds: Math.max(0, seconds), target });
    }
  }
  return found;
}

/** A restore of single tables says nothing of how long a database takes; its record names them. */
async function wholeRestores(
  repository: Repository,
  period: { from: Date; to: Date },
): Promise<AuditRecord[]> {
  const found: AuditRecord[] = [];
  for await (const key of listRecordKeys(repository, period)) {
    if (!key.endsWith('-restore.json')) continue;
    const record = await readRecord(repository, key);
    const isWhole = record?.status === 'success' && !record.notes?.startsWith('tables: ');
    if (record !== undefined && isWhole) found.push(record);
  }
  return found;
}

async function readRecord(repository: Repository, key: string): Promise<AuditRecord | undefined> {
  try {
    return parseAuditRecord(await repository.get(key, { limitBytes: 1024 * 1024 }));
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING') || isHoldfastError(error, 'OBJECT_DAMAGED'))
      return undefined;
    throw error;
  }
}
