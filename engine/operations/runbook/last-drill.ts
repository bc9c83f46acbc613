import { z } from 'zod';
import { PREFIX } from '../../contract.ts';
import { STATEMENT_SUFFIX } from '../../domain/evidence/receipt.ts';
import { encodeName } from '../../domain/key.ts';
import type { MeasuredDrill } from '../../domain/runbook/measured.ts';
import { parseDocument } from '../../domain/set/parse-document.ts';
import { isHoldfastError } from '../../errors.ts';
import type { NamedRepository } from '../context.ts';

const seconds = z.number().nonnegative();

/** What a plan needs of a drill report; one of a newer version may say more. */
const reportSchema = z.looseObject({
  completedAt: z.iso.datetime(),
  backup: z.looseObject({ id: z.string(), storedBytes: z.number().nonnegative() }),
  restoreSeconds: seconds,
  durationSeconds: seconds,
  result: z.string(),
});

const REPORT_LIMIT_BYTES = 16 * 1024 * 1024;
/** Reports that are read to find one that passed. */
const MOST_READ = 20;

/** The newest drill of a database that passed. @throws HoldfastError when the repository fails. */
export async function lastDrill(
  { name, repository }: NamedRepository,
  database: string,
): Promise<MeasuredDrill | null> {
  const keys: string[] = [];
  for await (const { key } of repository.list(`${PREFIX.drills}/${encodeName(database)}/`))
    if (key.endsWith('.json') && !key.endsWith(STATEMENT_SUFFIX)) keys.push(key);
  for (const key of keys.sort().reverse().slice(0, MOST_READ)) {
    const report = await readReport({ name, repository }, key);
    if (report !== undefined) return report;
  }
  return null;
}

/** Undefined where it did not pass, or is no report. */
async function readReport(
  { name, repository }: Pick<NamedRepository, 'name' | 'repository'>,
  key: string,
): Promise<MeasuredDrill | undefined> {
  const content = await repository.get(key, { limitBytes: REPORT_LIMIT_BYTES }).catch(notRead);
  const document = content === undefined ? { fault: '' } : parseDocument(content);
  if ('fault' in document) return undefined;
  const parsed = reportSchema.safeParse(document.value);
  if (!parsed.success || parsed.data.result !== 'PASS') return undefined;
  const { completedAt, backup, restoreSeconds, durationSeconds } = parsed.data;
  return {
    at: new Date(completedAt),
    set: backup.id,
    repository: name,
    restoreSeconds,
    seconds: durationSeconds,
    storedBytes: backup.storedBytes,
  };
}

/** One report that is gone or damaged hides no other. */
function notRead(error: unknown): undefined {
  if (isHoldfastError(error, 'OBJECT_MISSING') || isHoldfastError(error, 'OBJECT_DAMAGED'))
    return undefined;
  throw error;
}
