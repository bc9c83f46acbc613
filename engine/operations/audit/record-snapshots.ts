import { isHoldfastError } from '../../errors.ts';
import { type AuditContext, writeAudit } from '../audit.ts';

/** What one step did: ids of snapshots that were begun or copied, ARNs of those that were removed. */
export interface SnapshotsDone {
  taken: readonly string[];
  copied: readonly string[];
  removed: readonly string[];
}

/** One record for each snapshot. What was done stays done where no record can be written: then a note says so. */
export async function recordSnapshots(
  context: AuditContext,
  { taken, copied, removed }: SnapshotsDone,
): Promise<void> {
  const startedAt = context.clock.now();
  const done = [
    ...taken.map((id) => ({ id, notes: 'taken' })),
    ...copied.map((id) => ({ id, notes: 'copied to the region of the replica' })),
    ...removed.map((id) => ({ id, notes: 'removed, as retention released it' })),
  ];
  for (const { id, notes } of done)
    await writeAudit(
      context,
      { operation: 'snapshot', plan: null, database: null, backup: id, target: null },
      { outcome: { status: 'success', bytes: null, error: null, notes }, startedAt },
    ).catch((error: unknown) => {
      if (!isHoldfastError(error)) throw error;
      const why = error.message;
      context.progress({
        phase: 'audit',
        note: `no audit record of the snapshot ${id} (${notes}) could be written: ${why}`,
      });
    });
}
