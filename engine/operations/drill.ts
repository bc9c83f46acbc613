import { PREFIX } from '../contract.ts';
import { basicTime } from '../domain/backup-id.ts';
import { type DrillReport, renderDrillReport } from '../domain/drill-report.ts';
import { encodeName } from '../domain/key.ts';
import { HoldfastError } from '../errors.ts';
import { audited } from './audit.ts';
import { markDamage } from './catalog/mark-damage.ts';
import { nameSuspicionKinds } from './catalog/name-suspicion-kinds.ts';
import { at, type Context } from './context.ts';
import type { DrillRequest } from './drill-request.ts';
import { findSet } from './find-set.ts';
import { putProof, putSuspicion, type SuspicionOptions } from './marks.ts';
import { openEntry } from './opened-set.ts';
import { spreadProof, spreadSuspicion } from './proof.ts';
import { rehearse } from './rehearsal.ts';

export interface DrillResult {
  report: DrillReport;
  /** Keys of the report in the repository. */
  reportKey: string;
  textKey: string;
  /** Where the report lies. */
  repository: string;
  /** A suspicion stands that no drill can end: damage, until `verify` reads the set whole, or an anomaly. */
  isSuspect: boolean;
}

/**
 * Restores a set into a throw-away server, judges it, and records it: PROVEN, or SUSPECT when the data failed. A drill that
 * passes ends the suspicion of an earlier one.
 * An environment that fails (no server programs, a missing extension) leaves the state and throws.
 * @throws HoldfastError DRILL_FAILED when the backup was found wanting; the report is stored then too.
 */
export async function drill(everywhere: Context, request: DrillRequest): Promise<DrillResult> {
  const located = await findSet(everywhere, request.set);
  const { entry, place } = located;
  const context = at(everywhere, place);
  const { id, plan, database } = entry;
  return audited(
    context,
    { operation: 'drill', plan, database, backup: id, target: 'throw-away server' },
    async (notes) => {
      const set = await openEntry(context, entry).catch((error: unknown) =>
        markDamage(everywhere, located, { operation: 'drill', error }),
      );
      notes.bytes = set.storedBytes;
      if (request.notes !== undefined) notes.notes = request.notes;
      const { report, failure, isOfBytes } = await rehearse(context, set, request);
      const keys = await storeReport(context, report);
      await nameSuspicionKinds(context, entry);
      if (report.result === 'FAIL') {
        const error = failure ?? failed(report);
        await putSuspicion(context, entry, suspicionOf(everywhere, { report, error, isOfBytes }));
        if (!isOfBytes) await spreadSuspicion(everywhere, set, place);
        throw error;
      }
      const now = await putProof(context, entry, { mark: 'proven', content: markContent(report) });
      await spreadProof(everywhere, set, place);
      return {
        report,
        ...keys,
        repository: place.repository.location,
        isSuspect: now?.state === 'SUSPECT',
      };
    },
  );
}

async function storeReport(
  { repository }: Context,
  report: DrillReport,
): Promise<{ reportKey: string; textKey: string }> {
  const stem = `${PREFIX.drills}/${encodeName(report.backup.database)}/${basicTime(new Date(report.completedAt))}-${report.backup.id}`;
  await repository.put(`${stem}.json`, Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
  await repository.put(`${stem}.txt`, Buffer.from(renderDrillReport(report)));
  return { reportKey: `${stem}.json`, textKey: `${stem}.txt` };
}

function markContent({ tester, restoreSeconds, checks }: DrillReport): object {
  const failedChecks = checks.filter(({ passed }) => !passed).map(({ name }) => name);
  return { tester, restoreSeconds, failedChecks };
}

interface Failure {
  report: DrillReport;
  error: HoldfastError;
  /** The stored bytes of this copy are at fault. */
  isOfBytes: boolean;
}

function suspicionOf(
  { actor }: Context,
  { report, error: { code, message }, isOfBytes }: Failure,
): SuspicionOptions {
  return {
    kind: isOfBytes ? 'damage' : 'drill',
    content: {
      operation: 'drill',
      code,
      reason: message,
      by: actor,
      ...markContent(report),
    },
  };
}

function failed(report: DrillReport): HoldfastError {
  const checks = report.checks
    .filter(({ passed }) => !passed)
    .map(({ name, detail }) => `${name}: ${detail}`);
  return new HoldfastError({
    code: 'DRILL_FAILED',
    message: `the drill of ${report.backup.id} failed: ${checks.join('; ')}`,
    hint: 'The set is SUSPECT now. Look at the report, take a new backup, and find out what changed in the database.',
  });
}
