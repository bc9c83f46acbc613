import {
  type AuditOutcome,
  type AuditRecord,
  type AuditSubject,
  auditKey,
  auditRecord,
} from '../domain/audit-record.ts';
import { basicTime } from '../domain/backup-id.ts';
import { jsonText } from '../domain/text/plain-text.ts';
import { isHoldfastError } from '../errors.ts';
import type { Context } from './context.ts';

export type AuditContext = Pick<
  Context,
  'repositories' | 'clock' | 'randomTail' | 'actor' | 'progress' | 'onDatabase'
>;

/** What the work may still learn about itself for the record. */
export interface AuditNotes {
  backup?: string;
  plan?: string;
  database?: string;
  bytes?: number;
  notes?: string;
}

/**
 * Does the work and writes one audit record about it, however it ends. A record that can't be written fails work that
 * succeeded, and never hides why other work failed. What only reads a set goes on without one, with a note: on the worst day
 * the repository may be a read-only copy, and a restore or an export that is reported as failed is done twice.
 */
export async function audited<T>(
  context: AuditContext,
  subject: AuditSubject,
  work: (notes: AuditNotes) => Promise<T>,
): Promise<T> {
  if (subject.database !== null) context.onDatabase?.(subject.database, subject.plan);
  const startedAt = context.clock.now();
  const notes: AuditNotes = {};
  const record = (status: AuditRecord['status'], error: AuditRecord['error']) => {
    const { bytes, notes: text, ...learnt } = notes;
    return writeAudit(
      context,
      { ...subject, ...learnt },
      { outcome: { status, error, bytes: bytes ?? null, notes: text ?? null }, startedAt },
    );
  };
  const result = await work(notes).catch(async (error: unknown) => {
    await record(statusOf(error), describeFailure(error)).catch((unwritten: unknown) =>
      context.progress({
        phase: 'audit',
        note: `no audit record of this failure could be written: ${describeFailure(unwritten).message}`,
      }),
    );
    throw error;
  });
  await record('success', null).catch((error: unknown) => {
    if (!ONLY_READS.has(subject.operation) || !isHoldfastError(error)) throw error;
    context.progress({
      phase: 'audit',
      note: `the ${subject.operation} succeeded, but no audit record of it could be written: ${error.message}`,
    });
  });
  return result;
}

/** What a copy on read-only media serves as well. */
const ONLY_READS: ReadonlySet<AuditSubject['operation']> = new Set(['restore', 'export', 'verify']);

function statusOf(error: unknown): AuditRecord['status'] {
  if (isHoldfastError(error, 'ALREADY_RUNNING')) return 'skipped';
  return isHoldfastError(error, 'INTERRUPTED') ? 'stopped' : 'failed';
}

export interface WriteAuditOptions {
  outcome: AuditOutcome;
  startedAt: Date;
}

/** Records of one second that may draw one tail, before something else must be wrong. */
const TRIES = 5;

/** One record in every repository that the work had to do with; one of them must take it. */
export async function writeAudit(
  context: AuditContext,
  subject: AuditSubject,
  options: WriteAuditOptions,
): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      return await writeOnce(context, subject, options);
    } catch (error) {
      if (tried === TRIES || !isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
    }
  }
}

async function writeOnce(
  context: AuditContext,
  subject: AuditSubject,
  { outcome, startedAt }: WriteAuditOptions,
): Promise<void> {
  const completedAt = context.clock.now();
  const id = `${basicTime(completedAt)}-${context.randomTail()}`;
  const written = await Promise.allSettled(
    context.repositories.map(({ repository }) => {
      const frame = {
        id,
        repository: repository.location,
        initiatedBy: context.actor,
        startedAt,
        completedAt,
      };
      const record = auditRecord(subject, outcome, frame);
      return repository.put(auditKey(record), Buffer.from(`${jsonText(record, { indent: 2 })}\n`));
    }),
  );
  const failures = written.filter((one) => one.status === 'rejected');
  if (failures.length === written.length) throw failures[0]?.reason;
  for (const { reason } of failures)
    context.progress({
      phase: 'audit',
      note: `no audit record could be written to a repository: ${isHoldfastError(reason) ? reason.message : 'unknown failure'}`,
    });
}

function describeFailure(error: unknown): NonNullable<AuditRecord['error']> {
  return isHoldfastError(error)
    ? { code: error.code, message: error.message }
    : { code: 'INTERNAL', message: 'a fault of Holdfast itself' };
}
