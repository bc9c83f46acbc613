import { isBackupId, parseBasicTime } from '../domain/backup-id.ts';
import { manifestKey, type SetAddress, setPrefix } from '../domain/key.ts';
import { isForsaken, isOfMark } from '../domain/set/forsaken-upload.ts';
import { parseSetKey } from '../domain/set-state.ts';
import { isHoldfastError } from '../errors.ts';
import type { OpenUpload } from '../ports/repository.ts';
import { writeAudit } from './audit.ts';
import type { Context, NamedRepository } from './context.ts';

/**
 * Aborts what dead runs of this plan and database left open, and writes the audit record that they could not.
 * The caller holds the run lock, so an upload of a backup below `prefix` is dead. Marks, and objects of a set that is whole
 * somewhere, are written by commands that hold no lock: those go once nobody has written to them for long.
 */
export async function recordDeadRuns(context: Context, prefix: string): Promise<void> {
  const isSpared = async (upload: OpenUpload) => {
    if (isForsaken(upload, context.clock.now())) return false;
    return isOfMark(upload.key) || isOfWholeSet(context, upload.key);
  };
  const abandoned: string[] = [];
  for (const { name, repository } of context.repositories)
    abandoned.push(
      ...(await repository.abandonUnfinished(prefix, isSpared).catch((error: unknown) => {
        noteUnswept(context, { name, error });
        return [];
      })),
    );
  const runs = new Map<string, SetAddress>();
  for (const key of abandoned) {
    const parts = parseSetKey(key);
    if (parts === undefined || !isBackupId(parts.id)) continue;
    if (isOfMark(key) || (await isOfWholeSet(context, key)))
      context.progress({ phase: 'preflight', note: `removed ${key}, which was left unfinished` });
    else runs.set(parts.id, parts);
  }
  for (const run of runs.values()) await recordDeadRun(context, run);
}

/**
 * Aborts what copies of one set that died left open in a repository. Another copy of it may be at work.
 */
export async function removeForsaken(
  context: Pick<Context, 'clock' | 'progress'>,
  { name, repository, address }: NamedRepository & { address: SetAddress },
): Promise<void> {
  const isSpared = async (upload: OpenUpload) => !isForsaken(upload, context.clock.now());
  const removed = await repository
    .abandonUnfinished(setPrefix(address), isSpared)
    .catch((error: unknown) => {
      noteUnswept(context, { name, error });
      return [];
    });
  for (const key of removed)
    context.progress({ phase: 'preflight', note: `removed ${key}, which was left unfinished` });
}

async function recordDeadRun(context: Context, { plan, database, id }: SetAddress): Promise<void> {
  const subject = { operation: 'backup', plan, database, backup: id, target: null } as const;
  const error = {
    code: 'INTERRUPTED',
    message: 'the run died without a word; the next run found what it left',
  };
  await writeAudit(context, subject, {
    outcome: { status: 'failed', bytes: null, error, notes: null },
    startedAt: parseBasicTime(id) ?? context.clock.now(),
  });
  context.progress({
    phase: 'preflight',
    note: `removed what run ${id}, which died, had left unfinished`,
  });
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
