import { describeConnection } from '../postgres/connection-settings.ts';
import { audited } from './audit.ts';
import type { Context } from './context.ts';
import { openSet } from './opened-set.ts';
import type { RestoreRequest, RestoreResult } from './restore-request.ts';
import { RestoreRun } from './restore-run.ts';

/** Restores a set, or tables of it, into a database. Refuses to write over anything unless `overwrite` names it. */
export async function restore(context: Context, request: RestoreRequest): Promise<RestoreResult> {
  const target = describeConnection(request.to);
  const run = async () => new RestoreRun(context, request, await openSet(context, request.set)).run();
  if (request.dryRun) return run();
  const subject = { operation: 'restore', plan: null, database: null, backup: null, target } as const;
  return audited(context, subject, async (notes) => {
    const set = await openSet(context, request.set);
    Object.assign(notes, { backup: set.address.id, plan: set.address.plan, database: set.address.database, bytes: set.storedBytes });
    if (request.tables.length > 0) notes.notes = `tables: ${request.tables.map(({ name }) => name).join(', ')}`;
    return new RestoreRun(context, request, set).run();
  });
}
