import { PREFIX } from '../contract.ts';
import { basicTime } from '../domain/backup-id.ts';
import { type DrillReport, renderDrillReport } from '../domain/drill-report.ts';
import { encodeName } from '../domain/key.ts';
import { HoldfastError } from '../errors.ts';
import { audited } from './audit.ts';
import { at, type Context } from './context.ts';
import type { DrillRequest } from './drill-request.ts';
import { findSet } from './find-set.ts';
import { putMark, suspect } from './marks.ts';
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
  /** An earlier suspicion stands; a drill that passes does not lift it. */
  isSuspect: boolean;
}

/**
 * Restores a set into a throw-away server, judges it, and records it: PROVEN, or SUSPECT when the data failed.
 * An environment that fails (no server programs, a missing extension) leaves the state and throws.
 * @throws HoldfastError DRILL_FAILED when the backup was found wanting; the report is stored then too.
 */
export async function drill(everywhere: Context, request: DrillRequest): Promise<DrillResult> {
  const { entry, place } = await findSet(everywhere, request.set);
  const context = at(everywhere, place);
  const { id, plan, database } = entry;
  return audited(
    context,
    { operation: 'drill', plan, database, backup: id, target: 'throw-away server' },
    async (notes) => {
      const set = await openEntry(context, entry).catch((error: unknown) =>
        suspect(context, entry, error),
      );
      notes.bytes = set.storedBytes;
      if (request.notes !== undefined) notes.notes = request.notes;
      const { report, failure, isOfBytes } = await rehearse(context, set, request);
      const keys = await storeReport(context, report);
      await markSet(context, report);
      if (report.result === 'FAIL') {
        if (!isOfBytes) await spreadSuspicion(everywhere, set, place);
        throw failure ?? failed(report);
      }
      await spreadProof(everywhere, set, place);
      return {
        report,
        ...keys,
        repository: place.repository.location,
        isSuspect: entry.state === 'SUSPECT',
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

async function markSet(context: Context, report: DrillReport): Promise<void> {
  const failedChecks = report.checks.filter(({ passed }) => !passed).map(({ name }) => name);
  const mark = report.result === 'PASS' ? 'proven' : 'suspect';
  await putMark(context, report.backup, {
    mark,
    content: { tester: report.tester, restoreSeconds: report.restoreSeconds, failedChecks },
  });
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
