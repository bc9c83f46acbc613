import { APPLICATION_NAME } from '../contract.ts';
import type { SetAddress } from '../domain/key.ts';
import { isHoldfastError } from '../errors.ts';
import { STALL_TIMEOUT_SECONDS } from '../postgres/connection/dead-network.ts';
import { pinServer } from '../postgres/connection/pin-server.ts';
import { describeConnection, type WatchSettings } from '../postgres/connection-settings.ts';
import { type AuditNotes, audited, writeAudit } from './audit.ts';
import { markDamage } from './catalog/mark-damage.ts';
import { makeReadable } from './cold-objects.ts';
import { at, type Context } from './context.ts';
import { findSet } from './find-set.ts';
import { type OpenedSet, openLogical } from './opened-set.ts';
import { assertComplete } from './restore/incomplete.ts';
import { LockWaits } from './restore/lock-waits.ts';
import { runRestore } from './restore/run-restore.ts';
import { warnOfServer } from './restore/warn-of-server.ts';
import { warnOfSuspicion } from './restore/warn-of-suspicion.ts';
import { withWaysOn } from './restore/ways-on.ts';
import type { RestoreRequest, RestoreResult } from './restore-request.ts';

/** Restores a set, or tables of it, into a database. Refuses to write over anything unless `overwrite` names it. */
export async function restore(everywhere: Context, wanted: RestoreRequest): Promise<RestoreResult> {
  const located = await findSet(everywhere, wanted.set, { seals: everywhere });
  const waits = new LockWaits(everywhere.progress);
  const to = { ...wanted.to, watch: watchOf(everywhere, waits) };
  const request = { ...wanted, to: await pinServer(to, APPLICATION_NAME) };
  const { entry, place } = located;
  const context = at(everywhere, place);
  const target = describeConnection(request.to);
  const work = async (notes: AuditNotes) => {
    const set = await openLogical(context, entry);
    notes.bytes = set.storedBytes;
    if (request.tables.length > 0)
      notes.notes = `tables: ${request.tables.map(({ name }) => name).join(', ')}`;
    const warnings = [
      ...(await warnOfSuspicion(context.repository, entry)),
      ...(await warnOfServer(context.repository, set.manifest)),
    ];
    for (const note of warnings) context.progress({ phase: 'target', note });
    return start(context, { request, set, warnings, waits });
  };
  const markedOnDamage = (notes: AuditNotes) =>
    work(notes).catch((error: unknown) =>
      markDamage(everywhere, located, { operation: 'restore', error, isDryRun: request.dryRun }),
    );
  if (request.dryRun) return markedOnDamage({});
  const { id, plan, database } = entry;
  return audited(
    context,
    { operation: 'restore', plan, database, backup: id, target },
    markedOnDamage,
  );
}

function watchOf(
  { stallTimeoutSeconds = STALL_TIMEOUT_SECONDS }: Context,
  waits: LockWaits,
): WatchSettings {
  return { stallTimeoutSeconds, onLockWait: waits.hear };
}

interface StartOptions {
  request: RestoreRequest;
  set: OpenedSet;
  warnings: readonly string[];
  waits: LockWaits;
}

/** At once: the store charges for it whatever becomes of the restore. */
async function recordThaw(
  context: Context,
  { plan, database, id }: SetAddress,
  { bytes, step, startedAt }: { bytes: number; step: string; startedAt: Date },
): Promise<void> {
  await writeAudit(
    context,
    { operation: 'thaw', plan, database, backup: id, target: null },
    { outcome: { status: 'success', bytes, error: null, notes: step }, startedAt },
  ).catch((error: unknown) => {
    if (!isHoldfastError(error)) throw error;
    context.progress({
      phase: 'audit',
      note: `no audit record of the thaw could be written: ${error.message}`,
    });
  });
}

async function start(
  context: Context,
  { request, set, warnings, waits }: StartOptions,
): Promise<RestoreResult> {
  const startedAt = context.clock.now();
  const thawed = await makeReadable(context, set, {
    ...{ tier: request.thaw, dryRun: request.dryRun },
    onAsked: (asked) => recordThaw(context, set.address, { ...asked, startedAt }),
  });
  const result = await runRestore({ context, request, set }).catch((error: unknown) => {
    throw withWaysOn(waits.explain(error), request, set.address);
  });
  const whole = {
    ...result,
    steps: [...thawed, ...result.steps],
    notes: [...warnings, ...result.notes],
  };
  assertComplete(whole, request);
  return whole;
}
