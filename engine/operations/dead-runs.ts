import { isBackupId, parseBasicTime } from '../domain/backup-id.ts';
import { parseSetKey } from '../domain/set-state.ts';
import { writeAudit } from './audit.ts';
import type { Context } from './context.ts';

/**
 * Aborts what dead runs of this plan and database left open, and writes the audit record that they could not.
 * The caller holds the run lock, so whatever is open below `prefix` is dead.
 */
export async function recordDeadRuns(context: Context, prefix: string): Promise<void> {
  const abandoned: string[] = [];
  for (const { repository } of context.repositories) abandoned.push(...(await repository.abandonUnfinished(prefix)));
  const runs = new Map(
    abandoned
      .map((key) => parseSetKey(key))
      .filter((parts) => parts !== undefined && isBackupId(parts.id))
      .map((parts) => [parts?.id ?? '', parts]),
  );
  for (const [id, parts] of runs) {
    if (parts === undefined) continue;
    const subject = { operation: 'backup', plan: parts.plan, database: parts.database, backup: id, target: null } as const;
    const error = { code: 'INTERRUPTED', message: 'the run died without a word; the next run found what it left' };
    await writeAudit(context, subject, {
      outcome: { status: 'failed', bytes: null, error, notes: null },
      startedAt: parseBasicTime(id) ?? context.clock.now(),
    });
    context.progress({ phase: 'preflight', note: `swept up after run ${id}, which died` });
  }
}
