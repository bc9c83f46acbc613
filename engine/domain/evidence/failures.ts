import type { AuditRecord } from '../audit-record.ts';
import type {
  ReportedAct,
  ReportedDisposal,
  ReportedFailure,
  ReportedRelease,
} from './report-schema.ts';

/** Runs of a schedule; everything else is done by a person, or on a person's word. */
const ROUTINE: ReadonlySet<string> = new Set([
  'backup',
  'verify',
  'drill',
  'prune',
  'run',
  'snapshot',
  'alert',
]);

export interface Window {
  from: Date;
  to: Date;
}

export function isWithin(iso: string, { from, to }: Window): boolean {
  const at = Date.parse(iso);
  return at >= from.getTime() && at < to.getTime();
}

/**
 * What failed or was stopped in the month, each with the first success of the same kind after it. @param records also of
 * the time after the month, in which a failure of its last day was mended.
 */
export function failuresOf(records: readonly AuditRecord[], month: Window): ReportedFailure[] {
  return records
    .filter(({ status }) => status === 'failed' || status === 'stopped')
    .filter(({ completedAt }) => isWithin(completedAt, month))
    .map((failed) => ({
      operation: failed.operation,
      plan: failed.plan,
      database: failed.database,
      set: failed.backup,
      at: failed.completedAt,
      status: failed.status,
      code: failed.error?.code ?? null,
      message: failed.error?.message ?? null,
      mendedBy: mendingOf(failed, records),
    }));
}

function mendingOf(
  failed: AuditRecord,
  records: readonly AuditRecord[],
): ReportedFailure['mendedBy'] {
  const kind = failed.stage ?? failed.operation;
  const mend = records.find(
    (record) =>
      record.status === 'success' &&
      record.operation === kind &&
      record.database === failed.database &&
      (kind !== 'backup' || record.plan === failed.plan) &&
      record.startedAt >= failed.completedAt,
  );
  return mend === undefined ? null : { record: mend.id, at: mend.completedAt, set: mend.backup };
}

/** What was done besides the runs of the schedule: restores, exports, holds, accepted exceptions and the like. */
export function actsOf(records: readonly AuditRecord[], month: Window): ReportedAct[] {
  return records
    .filter(({ operation }) => !ROUTINE.has(operation))
    .filter(({ completedAt }) => isWithin(completedAt, month))
    .map(({ operation, database, backup, target, completedAt, initiatedBy, status, notes }) => ({
      ...{ operation, database, set: backup, target, at: completedAt },
      ...{ by: personOf({ initiatedBy }), status, notes },
    }));
}

/** What retention released, by the record that each release leaves. */
export function releasesOf(records: readonly AuditRecord[], month: Window): ReportedRelease[] {
  return records
    .filter(({ operation, status }) => operation === 'prune' && status === 'success')
    .filter(({ completedAt }) => isWithin(completedAt, month))
    .flatMap(({ database, backup, completedAt, initiatedBy, notes, bytes }) =>
      backup === null
        ? []
        : [
            {
              ...{ database, set: backup, at: completedAt },
              ...{ by: personOf({ initiatedBy }), why: notes, bytes },
            },
          ],
    );
}

/** The certificates of the sets of which nothing was left in the month. */
export function disposalsOf(records: readonly AuditRecord[], month: Window): ReportedDisposal[] {
  return records.flatMap(({ database, backup, repository, disposal }) => {
    if (backup === null || disposal === undefined || !isWithin(disposal.goneAt, month)) return [];
    const { goneAt, releasedAt, releasedBy, why, objects, bytes, keys, manifest } = disposal;
    return [
      {
        ...{ database, set: backup, repository, goneAt, releasedAt, releasedBy, why },
        ...{ objects, bytes, manifest },
        keys: keys?.map(({ type, id }) => `${type} ${id}`) ?? null,
      },
    ];
  });
}

/** Of a task that `remote` started, who asked for it. */
function personOf({ initiatedBy }: Pick<AuditRecord, 'initiatedBy'>): string {
  return initiatedBy.requestedBy ?? `${initiatedBy.name} on ${initiatedBy.host}`;
}
