import { objectKey, type SetAddress } from '../../domain/key.ts';
import type { ExplainedSuspicion } from '../../domain/set/describe-suspicion.ts';
import type { Suspicion } from '../../domain/set/evaluate-marks.ts';
import { markName } from '../../domain/set/mark-name.ts';
import type { Repository } from '../../ports/repository.ts';
import { readMark } from './name-suspicion-kinds.ts';

export interface SuspectSet extends SetAddress {
  suspicions: readonly Suspicion[];
  damage?: string | null;
}

/** Why a set is SUSPECT, the newest reason first: what was found, when, by which command and by whom. One request a reason. */
export async function explainSuspicions(
  repository: Repository,
  set: SuspectSet,
): Promise<ExplainedSuspicion[]> {
  const seen: ExplainedSuspicion[] = [];
  if (typeof set.damage === 'string')
    seen.push({
      ...{ at: null, kind: 'damage', isAccepted: false, operation: 'the listing', by: null },
      reason: set.damage,
    });
  for (const { at, kind, isAccepted } of set.suspicions) {
    const key = objectKey(set, markName('suspect', at, kind));
    const content = (await readMark({ repository }, key)) ?? UNREADABLE;
    seen.push({ at, kind: kind ?? 'damage', isAccepted, ...contentOf(content) });
  }
  return seen;
}

/** The name of the mark still says what was found and when. */
const UNREADABLE = { reason: 'its mark can not be read, so nobody knows why' };

/** Marks of older versions say no operation; a drill wrote what failed. */
function contentOf(
  content: Record<string, unknown>,
): Pick<ExplainedSuspicion, 'operation' | 'by' | 'reason'> {
  const { operation, reason, by, tester, failedChecks } = content;
  const checks = Array.isArray(failedChecks) ? failedChecks.join(', ') : '';
  return {
    operation: textOf(operation) ?? (tester === undefined ? null : 'drill'),
    by: actorOf(by) ?? textOf(tester),
    reason: textOf(reason) ?? (checks === '' ? null : `failed checks: ${checks}`),
  };
}

function actorOf(by: unknown): string | null {
  if (typeof by !== 'object' || by === null) return null;
  const { name, host } = by as { name?: unknown; host?: unknown };
  const who = textOf(name);
  const where = textOf(host);
  return who === null || where === null ? who : `${who} on ${where}`;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
