import type { AuditOperation } from '../../domain/audit-record.ts';
import { isUsable } from '../../domain/set/evaluate-marks.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import { PASS_OVER_HIDDEN } from '../../ports/repository.ts';
import { isDamage } from '../../postgres/restore-program.ts';
import { type CatalogedSet, readEntries, withManifest } from '../catalog.ts';
import { at, type Context, type NamedRepository } from '../context.ts';
import type { Located } from '../find-set.ts';
import { putSuspicion } from '../marks.ts';

export interface MarkDamageOptions {
  /** What met the damage. */
  operation: AuditOperation;
  error: unknown;
  /** A dry run writes nothing. */
  isDryRun?: boolean;
}

/**
 * A set whose bytes are bad becomes SUSPECT in that repository, and the error names what to take instead. Any other error is
 * thrown as it is. A mark that can't be written (a read-only repository) never hides the error.
 */
export async function markDamage(
  everywhere: Context,
  located: Located,
  { operation, error, isDryRun = false }: MarkDamageOptions,
): Promise<never> {
  if (!isDamage(error) || !(error instanceof HoldfastError)) throw error;
  const { code, message: reason, hint } = error;
  const content = { operation, code, reason, by: everywhere.actor };
  if (!isDryRun)
    await putSuspicion(at(everywhere, located.place), located.entry, {
      kind: 'damage',
      content,
    }).catch((unmarked: unknown) =>
      everywhere.progress({
        phase: operation,
        note: `the set could not be marked as SUSPECT: ${unmarked instanceof Error ? unmarked.message : 'unknown failure'}`,
      }),
    );
  const next = await describeNextGood(everywhere, located);
  throw new HoldfastError({
    code,
    message: reason,
    hint: [...(hint === undefined ? [] : [hint]), next].join(' '),
    cause: error.cause ?? error,
  });
}

/** What can be restored instead of a set that is damaged in one repository: another copy of it, else the newest good set. */
async function describeNextGood(
  { repositories }: Pick<Context, 'repositories'>,
  { entry, place }: Located,
): Promise<string> {
  const found: Located[] = [];
  for (const candidate of repositories)
    found.push(...(await goodSetsIn(candidate, { entry, place })));
  const copy = found.find((one) => one.entry.id === entry.id);
  if (copy !== undefined)
    return `Another copy of ${entry.id} is ${copy.entry.state} in ${copy.place.name}: give --repository ${copy.place.name}.`;
  const byAge = found.toSorted((one, other) => (one.entry.id < other.entry.id ? 1 : -1));
  const [newest] = byAge;
  if (newest === undefined)
    return `No other good set of ${entry.database} is at hand: take a new backup now.`;
  const proven = byAge.find((one) => one.entry.state === 'PROVEN');
  const others = proven === undefined || proven === newest ? [] : [proven];
  return `The next good set is ${[newest, ...others].map(nameOf).join('; the newest that a drill has proven is ')}.`;
}

function nameOf({ entry, place }: Located): string {
  return `${entry.id} (${entry.state}, in ${place.name})`;
}

/** The newest usable set of the database and the newest PROVEN one, and the same set where it lies elsewhere. */
async function goodSetsIn(
  candidate: NamedRepository,
  { entry, place }: Located,
): Promise<Located[]> {
  const entries = await readEntries(candidate.repository, '', PASS_OVER_HIDDEN).catch(
    (error: unknown) => {
      if (isHoldfastError(error)) return [];
      throw error;
    },
  );
  const usable = entries
    .filter((one) => one.database === entry.database && isUsable(one))
    .filter((one) => candidate.name !== place.name || !isSame(one, entry))
    .toReversed();
  const found: Located[] = [];
  const isMissing = (isWanted: (one: CatalogedSet) => boolean) =>
    !found.some((one) => isWanted(one.entry));
  for (const one of usable) {
    const isWanted =
      isSame(one, entry) ||
      isMissing(() => true) ||
      (one.state === 'PROVEN' && isMissing(({ state }) => state === 'PROVEN'));
    if (!isWanted) continue;
    const set = await withManifest(one, candidate.repository);
    if (isUsable(set) && set.kind === entry.kind && (set.isWhole || !entry.isWhole))
      found.push({ entry: set, place: candidate });
  }
  return found;
}

function isSame(
  one: Pick<CatalogedSet, 'id' | 'plan'>,
  other: Pick<CatalogedSet, 'id' | 'plan'>,
): boolean {
  return one.id === other.id && one.plan === other.plan;
}
