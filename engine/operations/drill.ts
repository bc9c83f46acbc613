import type { DrillCheck, DrillReport } from '../domain/drill-report.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { describeServer } from '../postgres/connection-settings.ts';
import { audited } from './audit.ts';
import { markDamage } from './catalog/mark-damage.ts';
import { canSeal } from './catalog/mark-seals.ts';
import { nameSuspicionKinds } from './catalog/name-suspicion-kinds.ts';
import type { CatalogedSet } from './catalog.ts';
import { at, type Context } from './context.ts';
import { noteRehearsal } from './drill/rehearsals.ts';
import { rehearseOn } from './drill/rehearse-on.ts';
import { type ReceiptRequest, storeReceipt } from './drill/store-receipt.ts';
import { storeReport } from './drill/store-report.ts';
import type { DrillRequest } from './drill-request.ts';
import { findSet } from './find-set.ts';
import { putLaterMark, putProof, putSuspicion, type SuspicionOptions } from './marks.ts';
import { openLogical } from './opened-set.ts';
import { spreadProof, spreadSuspicion } from './proof.ts';
import { rehearse } from './rehearsal.ts';

export interface FinishedDrill {
  report: DrillReport;
  /** Keys of the report in the repository. */
  reportKey: string;
  textKey: string;
  /** Key of the signed statement beside it; absent where nothing could sign. */
  receiptKey?: string;
  /** Where the report lies. */
  repository: string;
  /** A suspicion stands that no drill can end: damage, until `verify` reads the set whole, or an anomaly. */
  isSuspect: boolean;
  /** False with the break-glass key alone, which can seal no proof: then the state stays as it was. */
  isRecorded: boolean;
}

/**
 * Restores a set into a throw-away server, judges it, and records it: PROVEN, or SUSPECT when the data failed. A drill that
 * passes ends the suspicion of an earlier one. Where only this machine lacks something that all of the set needs (a locale, an
 * extension), the report says so and the state stays.
 * @throws HoldfastError DRILL_FAILED, DRILL_NOT_SHOWN; the report is stored then too.
 */
export async function drill(everywhere: Context, request: DrillRequest): Promise<FinishedDrill> {
  const located = await findSet(everywhere, request.set, { seals: everywhere });
  const { entry, place } = located;
  const context = at(everywhere, place);
  const { id, plan, database } = entry;
  const { on } = request;
  const target = on === undefined ? 'throw-away server' : describeServer(on);
  return audited(
    context,
    { operation: 'drill', plan, database, backup: id, target },
    async (notes) => {
      const set = await openLogical(context, entry).catch((error: unknown) =>
        markDamage(everywhere, located, { operation: 'drill', error }),
      );
      notes.bytes = set.storedBytes;
      const what = [request.isRehearsal === true ? 'yearly rehearsal' : undefined, request.notes];
      const said = what.filter((one) => one !== undefined);
      if (said.length > 0) notes.notes = said.join(': ');
      const { report, failure, isOfBytes } = await (on === undefined
        ? rehearse(context, set, request)
        : rehearseOn(context, set, { ...request, on })
      ).catch((error: unknown) => markUndrillable(context, entry, error));
      const { reportSha256, ...keys } = await storeReport(context.repository, report);
      const receiptKey = await receiptFor(
        context,
        { set, report, reportSha256, reportKey: keys.reportKey },
        request,
      );
      const path = `${place.repository.location}/${keys.textKey}`;
      request.onReport?.(report);
      await nameSuspicionKinds(context, entry);
      if (report.result === 'FAIL') {
        const error = failure ?? failed(report);
        await putSuspicion(context, entry, suspicionOf(everywhere, { report, error, isOfBytes }));
        if (!isOfBytes) await spreadSuspicion(everywhere, set, place);
        throw withReport(error, path);
      }
      const content = markContent(report);
      if (report.result === 'NOT SHOWN') {
        const reason = described(unshown(report));
        await putLaterMark(context, entry, { mark: 'notshown', content: { ...content, reason } });
        throw withReport(notShown(report), path);
      }
      const isRecorded = canSeal(context.keys);
      const now = isRecorded ? await putProof(context, entry, { mark: 'proven', content }) : entry;
      if (request.isRehearsal === true)
        await noteRehearsal(context.repository, { report, reportKey: keys.reportKey });
      if (isRecorded) await spreadProof(everywhere, set, { place, exceptions: report.exceptions });
      return {
        report,
        ...keys,
        ...(receiptKey === undefined ? {} : { receiptKey }),
        repository: place.repository.location,
        isSuspect: now?.state === 'SUSPECT',
        isRecorded,
      };
    },
  );
}

/** What keeps each drill of a set from beginning: no programs for its major, or objects that would have to be thawed. */
const UNDRILLABLE: ReadonlySet<string> = new Set(['TOOLS_MISSING', 'OBJECT_COLD']);

/** Leaves the reason beside the set, for check. @throws the failure, also where no mark can be written. */
async function markUndrillable(
  context: Context,
  entry: CatalogedSet,
  error: unknown,
): Promise<never> {
  if (isHoldfastError(error) && UNDRILLABLE.has(error.code)) {
    const content = { code: error.code, reason: error.message };
    await putLaterMark(context, entry, { mark: 'notshown', content }).catch(() => undefined);
  }
  throw error;
}

/** Also of a drill that failed: what it states is its result. */
function receiptFor(
  context: Context,
  drilled: Omit<ReceiptRequest, 'makeSigner'>,
  { makeSigner }: DrillRequest,
): Promise<string | undefined> {
  return makeSigner === undefined
    ? Promise.resolve(undefined)
    : storeReceipt(context, { ...drilled, makeSigner });
}

function markContent(report: DrillReport): object {
  const { tester, restoreSeconds, exceptions } = report;
  const named = (checks: readonly DrillCheck[]) => checks.map(({ name }) => name);
  const failedChecks = named(failing(report));
  return {
    tester,
    restoreSeconds,
    failedChecks,
    unshownChecks: named(unshown(report)),
    exceptions,
  };
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

function withReport({ code, message, hint, cause }: HoldfastError, path: string): HoldfastError {
  return new HoldfastError({
    code,
    message,
    hint: [...(hint === undefined ? [] : [hint]), `The report is ${path}`].join(' '),
    cause,
  });
}

function failing({ checks }: DrillReport): DrillCheck[] {
  return checks.filter(({ passed, isShown }) => !passed && isShown !== false);
}

function unshown({ checks }: DrillReport): DrillCheck[] {
  return checks.filter(({ isShown }) => isShown === false);
}

function described(checks: readonly DrillCheck[]): string {
  return checks.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
}

function notShown(report: DrillReport): HoldfastError {
  const { id, database } = report.backup;
  return new HoldfastError({
    code: 'DRILL_NOT_SHOWN',
    message: `the drill of ${id} could not show whether it is whole: ${described(unshown(report))}`,
    hint: `The state of the set was left as it was. Install what this machine lacks, or run the drill on a machine that has it; where none has, set drill: {off: <reason>} for ${database} in the config.`,
  });
}

function failed(report: DrillReport): HoldfastError {
  return new HoldfastError({
    code: 'DRILL_FAILED',
    message: `the drill of ${report.backup.id} failed: ${described(failing(report))}`,
    hint: 'The set is SUSPECT now. Look at the report, take a new backup, and find out what changed in the database.',
  });
}
