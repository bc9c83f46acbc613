import { createHash } from 'node:crypto';
import { PREFIX } from '../../contract.ts';
import { parseBasicTime } from '../../domain/backup-id.ts';
import type { StoredDrill } from '../../domain/evidence/evidence.ts';
import { RECEIPT_TYPE, STATEMENT_SUFFIX } from '../../domain/evidence/receipt.ts';
import { parseStoredDrill } from '../../domain/evidence/stored-drill.ts';
import { parseStatement, STATEMENT_PAYLOAD_TYPE } from '../../domain/signing/statement.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';
import { openEnvelope, type PublicKey } from '../../stream/signing/sign-envelope.ts';
import type { NamedRepository } from '../context.ts';

const LIMIT = { limitBytes: 16 * 1024 * 1024 };

export interface DrillsOptions {
  period: { from: Date; to: Date };
  /** With which receipts are verified. */
  keys: readonly PublicKey[];
  onUnreadable: (key: string) => void;
}

/** The restore tests that ended in the period, oldest first. @throws HoldfastError when the repository fails. */
export async function readDrills(
  { name, repository }: NamedRepository,
  { period: { from, to }, keys, onUnreadable }: DrillsOptions,
): Promise<StoredDrill[]> {
  const found = new Set<string>();
  for await (const { key } of repository.list(`${PREFIX.drills}/`)) found.add(key);
  const drills: StoredDrill[] = [];
  for (const key of found) {
    const at = parseBasicTime(key.split('/')[2] ?? '');
    const isReport = key.endsWith('.json') && !key.endsWith(STATEMENT_SUFFIX);
    if (at === undefined || !isReport || at < from || at >= to) continue;
    const content = await readable(repository, key);
    const report = content === undefined ? undefined : parseStoredDrill(content);
    if (content === undefined || report === undefined) {
      onUnreadable(key);
      continue;
    }
    const receiptKey = key.replace(/\.json$/, STATEMENT_SUFFIX);
    const receipt = found.has(receiptKey) ? await readable(repository, receiptKey) : undefined;
    drills.push({
      ...{ key, repository: name, report },
      receipt: found.has(receiptKey) ? judgeReceipt(receipt, { keys, content }) : 'none',
    });
  }
  return drills.sort((one, other) => (one.report.completedAt < other.report.completedAt ? -1 : 1));
}

/** Good where a known key signed it, and it names this very report. */
function judgeReceipt(
  receipt: Buffer | undefined,
  { keys, content }: { keys: readonly PublicKey[]; content: Buffer },
): 'verified' | 'bad' {
  const opened = receipt === undefined ? undefined : openEnvelope(receipt, keys);
  if (opened === undefined || 'fault' in opened) return 'bad';
  if (opened.payloadType !== STATEMENT_PAYLOAD_TYPE) return 'bad';
  const statement = parseStatement(opened.payload);
  const { sha256 } = (statement?.predicate.report ?? {}) as { sha256?: unknown };
  const isOfReport = sha256 === createHash('sha256').update(content).digest('hex');
  return statement?.predicateType === RECEIPT_TYPE && isOfReport ? 'verified' : 'bad';
}

async function readable(repository: Repository, key: string): Promise<Buffer | undefined> {
  try {
    return await repository.get(key, LIMIT);
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING') || isHoldfastError(error, 'OBJECT_DAMAGED'))
      return undefined;
    throw error;
  }
}
