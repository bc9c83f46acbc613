import { PREFIX } from '../../contract.ts';
import { type AuditRecord, parseAuditRecord } from '../../domain/audit-record.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';

const DAY_MS = 86_400_000;
const RECORD_LIMIT_BYTES = 1024 * 1024;
const AT_A_TIME = 16;

export interface Period {
  /** The first moment that counts. */
  from: Date;
  /** The first moment that no longer counts. */
  to: Date;
}

/** An audit record as it lies in a repository. */
export interface StoredRecord {
  key: string;
  /** The bytes as they are stored, for their SHA-256. */
  content: Buffer;
  /** Undefined where the content is no audit record. */
  record: AuditRecord | undefined;
}

/** Keys of the records whose day of completion overlaps the period, in the order of days. */
export async function* listRecordKeys(
  repository: Pick<Repository, 'list'>,
  { from, to }: Period,
): AsyncGenerator<string> {
  const first = Math.floor(from.getTime() / DAY_MS);
  const last = Math.ceil(to.getTime() / DAY_MS);
  for (let day = first; day < last; day++)
    for await (const { key } of repository.list(dayPrefix(new Date(day * DAY_MS)))) yield key;
}

/**
 * Records that were completed in the period, oldest first. What can't be read is there without its
 * `record`.
 * @throws HoldfastError when the repository fails.
 */
export async function* readRecords(
  repository: Repository,
  period: Period,
): AsyncGenerator<StoredRecord> {
  let batch: string[] = [];
  for await (const key of listRecordKeys(repository, period)) {
    batch.push(key);
    if (batch.length < AT_A_TIME) continue;
    yield* await readBatch(repository, { keys: batch, period });
    batch = [];
  }
  yield* await readBatch(repository, { keys: batch, period });
}

async function readBatch(
  repository: Repository,
  { keys, period: { from, to } }: { keys: readonly string[]; period: Period },
): Promise<StoredRecord[]> {
  const read = await Promise.all(keys.map((key) => readOne(repository, key)));
  return read.filter((one): one is StoredRecord => {
    if (one?.record === undefined) return one !== undefined;
    const at = Date.parse(one.record.completedAt);
    return at >= from.getTime() && at < to.getTime();
  });
}

/** Undefined where retention removed the record meanwhile. */
async function readOne(repository: Repository, key: string): Promise<StoredRecord | undefined> {
  try {
    const content = await repository.get(key, { limitBytes: RECORD_LIMIT_BYTES });
    return { key, content, record: parseAuditRecord(content) };
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING')) return undefined;
    if (isHoldfastError(error, 'OBJECT_DAMAGED'))
      return { key, content: Buffer.alloc(0), record: undefined };
    throw error;
  }
}

function dayPrefix(day: Date): string {
  return `${PREFIX.audit}/${day.toISOString().slice(0, 10).replaceAll('-', '/')}/`;
}
