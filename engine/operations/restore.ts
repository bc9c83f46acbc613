import { describeConnection } from '../postgres/connection-settings.ts';
import { audited } from './audit.ts';
import { makeReadable } from './cold-objects.ts';
import type { Context } from './context.ts';
import { locateSet } from './find-set.ts';
import { type OpenedSet, openEntry } from './opened-set.ts';
import type { RestoreRequest, RestoreResult } from './restore-request.ts';
import { RestoreRun } from './restore-run.ts';

/** Restores a set, or tables of it, into a database. Refuses to write over anything unless `overwrite` names it. */
export async function restore(
  everywhere: Context,
  request: RestoreRequest,
): Promise<RestoreResult> {
  const { context, entry } = await locateSet(everywhere, request.set);
  const target = describeConnection(request.to);
  if (request.dryRun) return start(context, request, await openEntry(context, entry));
  const { id, plan, database } = entry;
  return audited(
    context,
    { operation: 'restore', plan, database, backup: id, target },
    async (notes) => {
      const set = await openEntry(context, entry);
      notes.bytes = set.storedBytes;
      if (request.tables.length > 0)
        notes.notes = `tables: ${request.tables.map(({ name }) => name).join(', ')}`;
      return start(context, request, set);
    },
  );
}

async function start(
  context: Context,
  request: RestoreRequest,
  set: OpenedSet,
): Promise<RestoreResult> {
  const thawed = await makeReadable(context, set, { tier: request.thaw, dryRun: request.dryRun });
  const result = await new RestoreRun(context, request, set).run();
  return { ...result, steps: [...thawed, ...result.steps] };
}
