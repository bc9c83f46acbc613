import { isBackupId, parseBasicTime } from '../domain/backup-id.ts';
import { manifestKey } from '../domain/key.ts';
import { parseSetKey } from '../domain/set-state.ts';
import { writeAudit } from './audit.ts';
import type { Context } from './context.ts';

/**
 * Aborts what dead runs of this plan and database left open, and writes the audit record that they could not.
 * The caller holds the run lock, so whatever is open below `prefix` is dead, unless it belongs to a set that is whole somewhere:
 * that is a copy on its way.
 */
export async function recordDeadRuns(context: Context, prefix: string): Promise<void> {
  const isSpared = (key: string) => isOfWholeSet(context, key);
  const abandoned: string[] = [];
  for (const { repository } of context.repositories)
    abandoned.push(...(await repository.abandonUnfinished(prefix, isSpared)));
  const runs = new Map(
    abandoned
      .map((key) => parseSetKey(key))
      .filter((parts) => parts !== undefined && isBackupId(parts.id))
      .map((parts) => [parts?.id ?? '', parts]),
  );
  for (const [id, parts] of runs) {
    if (parts === undefined) continue;
    const subject = {
      operation: 'backup',
      plan: parts.plan,
      database: parts.database,
      backup: id,
      target: null,
    } as const;
    const error = {
      code: 'INTERRUPTED',
      message: 'the run died without a word; the next run found what it left',
    };
    await writeAudit(context, subject, {
      outcome: { status: 'failed', bytes: null, error, notes: null },
      startedAt: parseBasicTime(id) ?? context.clock.now(),
    });
    context.progress({ phase: 'preflight', note: `swept up after run ${id}, which died` });
  }
}

async function isOfWholeSet({ repositories }: Context, key: string): Promise<boolean> {
  const parts = parseSetKey(key);
  if (parts === undefined) return false;
  for (const { repository } of repositories) {
    for await (const { key: found } of repository.list(manifestKey(parts)))
      if (found === manifestKey(parts)) return true;
  }
  return false;
}
