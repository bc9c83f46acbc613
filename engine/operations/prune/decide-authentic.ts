import { setPrefix } from '../../domain/key.ts';
import type { RetentionDecision, RetentionRules } from '../../domain/retention.ts';
import type { RetentionSet } from '../../domain/retention-set.ts';
import { mayMislead } from '../../domain/set/mark-authenticity.ts';
import type { MarkSeals } from '../catalog/mark-seals.ts';
import type { ManifestDoubt } from '../seal-check.ts';
import { decideByManifests, type ReadTerms } from './decide-by-manifests.ts';
import {
  isKnownDamage,
  type ManifestSeals,
  patrolledSets,
  relevantSets,
} from './manifest-seals.ts';
import { replaceSome } from './replace-some.ts';

export interface Seals {
  markSeals: MarkSeals;
  manifestSeals: ManifestSeals;
}

export interface AuthenticOptions extends Seals {
  readTerms: ReadTerms;
}

/**
 * Retention by authentic marks and manifests only. Opens the seals of marks of the sets on which a release rests, and of those
 * that were suspected, held or released; of all others the names are enough. Opens the manifests of sets that are to be released,
 * that keep others, that are the newest of their plan, and of some others. Of these others it opens the mark that speaks for
 * the manifest, too. What is found to be forged counts for nothing, and
 * retention is decided again without it.
 */
export async function decideAuthentic(
  sets: readonly RetentionSet[],
  rules: RetentionRules,
  { markSeals, manifestSeals, readTerms }: AuthenticOptions,
): Promise<RetentionDecision<RetentionSet>[]> {
  const openMarks = async (set: RetentionSet) => {
    const opened = await markSeals.open(set);
    return isContradicted(set, opened) ? readTerms(opened) : opened;
  };
  const readAndCompare = async (set: RetentionSet) => {
    const read = await readTerms(set);
    return isSaid(set, read) ? read : markSeals.open(read);
  };
  let known = await replaceSome(sets, mayMislead, openMarks);
  const patrolled = new Set(patrolledSets(known, rules.now).map(setPrefix));
  for (;;) {
    const { sets: read, decisions } = await decideByManifests(known, rules, readAndCompare);
    known = read;
    const restedOn = new Set(decisions.flatMap(({ successors }) => successors));
    const relevant = new Set(relevantSets(decisions));
    const isUnopened = (set: RetentionSet) =>
      !markSeals.has(set) &&
      (restedOn.has(set) || (set.isBySummary === true && patrolled.has(setPrefix(set))));
    const leaving = new Set(decisions.filter(({ action }) => action === 'release').map(setOf));
    const isWanted = (set: RetentionSet) => relevant.has(set) || patrolled.has(setPrefix(set));
    const isUnread = (set: RetentionSet) =>
      set.terms !== undefined &&
      (manifestSeals.has(set)
        ? leaving.has(set) && !set.isReleased && manifestSeals.known(set) !== undefined
        : isWanted(set));
    const altered = new Map(markSeals.altered.map(({ entry, error }) => [setPrefix(entry), error]));
    const isBelieved = (set: RetentionSet) =>
      altered.has(setPrefix(set)) && set.terms !== undefined;
    if (!known.some((set) => isUnopened(set) || isUnread(set) || isBelieved(set))) return decisions;
    known = await replaceSome(known, isUnopened, openMarks);
    known = await replaceSome(known, isUnread, async (listed) => {
      const set = listed.isBySummary === true ? await readAndCompare(listed) : listed;
      if (set.terms === undefined) return set;
      const doubt = await manifestSeals.doubt(set);
      // What can not be opened for another reason, such as a set of a newer version, is only kept itself.
      return doubt?.error !== undefined || leaving.has(set) ? withDoubt(set, doubt) : set;
    });
    known = await replaceSome(known, isBelieved, async (set) => {
      const error = altered.get(setPrefix(set));
      return withDoubt(set, error && { text: error.message, error });
    });
  }
}

/** Whether the mark that speaks for the manifest turned out to be forged. */
function isContradicted(set: RetentionSet, opened: RetentionSet): boolean {
  return set.isBySummary === true && set.marks.length !== opened.marks.length;
}

/** Whether the manifest says what the mark said: else one of the two is forged. */
function isSaid(set: RetentionSet, read: RetentionSet): boolean {
  return JSON.stringify(set.terms) === JSON.stringify(read.terms);
}

/**
 * A manifest that can not be believed says nothing, not even what else its set may need. What somebody did to it may have been
 * done to others, so the set freezes retention like any other damage until somebody accepts it.
 */
function withDoubt(set: RetentionSet, doubt: ManifestDoubt | undefined): RetentionSet {
  if (doubt === undefined) return set;
  return {
    ...set,
    ...{ terms: undefined, problem: doubt.text, isIntact: false },
    isAltered: true,
    ...(doubt.error === undefined ? {} : { state: 'SUSPECT' as const }),
    isFreezing: set.isFreezing || !isKnownDamage(set),
  };
}

function setOf({ set }: RetentionDecision<RetentionSet>): RetentionSet {
  return set;
}
