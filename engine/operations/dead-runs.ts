import { isBackupId, parseBasicTime } from '../domain/backup-id.ts';
import { manifestKey } from '../domain/key.ts';
import { parseSetKey } from '../domain/set-state.ts';
import { isHoldfastError } from '../errors.ts';
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
  for (const { name, repository } of context.repositories)
    abandoned.push(
      ...(await repository.abandonUnfinished(prefix, isSpared).catch((error: unknown) => {
        noteUnswept(context, { name, error });
        return [];
      })),
    );
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

/** What a dead run left costs room and nothing else: a store that does not show it, or keeps it, ends no backup. */
function noteUnswept(
  { progress }: Pick<Context, 'progress'>,
  { name, error }: { name: string; error: unknown },
): void {
  if (!isHoldfastError(error, 'ACCESS_DENIED') && !isHoldfastError(error, 'STORE_UNFIT'))
    throw error;
  progress({
    phase: 'preflight',
    note: `what dead runs left open in ${name} was not cleaned up: ${error.message}`,
  });
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
