import {
  decideRetention,
  type RetentionDecision,
  type RetentionRules,
} from '../../domain/retention.ts';
import type { RetentionSet } from '../../domain/retention-set.ts';
import { mayMislead } from '../../domain/set/mark-authenticity.ts';
import type { MarkSeals } from '../catalog/mark-seals.ts';

/** Sets whose seals are opened at a time. */
const AT_A_TIME = 16;

/**
 * Retention by authentic marks only. Opens the seals of sets on which a release rests, and of those that were suspected, held or
 * released; of all others the names are enough. What is found to be forged counts for nothing, and retention is decided
 * again without it.
 */
export async function decideAuthentic(
  sets: readonly RetentionSet[],
  rules: RetentionRules,
  seals: MarkSeals,
): Promise<RetentionDecision<RetentionSet>[]> {
  let known = await openSome(sets, seals, mayMislead);
  for (;;) {
    const decisions = decideRetention(known, rules);
    const restedOn = new Set(decisions.flatMap(({ successors }) => successors));
    const isUnopened = (set: RetentionSet) => restedOn.has(set) && !seals.has(set);
    if (!known.some(isUnopened)) return decisions;
    known = await openSome(known, seals, isUnopened);
  }
}

async function openSome(
  sets: readonly RetentionSet[],
  seals: MarkSeals,
  isWanted: (set: RetentionSet) => boolean,
): Promise<RetentionSet[]> {
  const opened = [...sets];
  const wanted = [...sets.entries()].filter(([, set]) => isWanted(set));
  for (let from = 0; from < wanted.length; from += AT_A_TIME) {
    const some = wanted.slice(from, from + AT_A_TIME);
    await Promise.all(
      some.map(async ([index, set]) => {
        opened[index] = await seals.open(set);
      }),
    );
  }
  return opened;
}
