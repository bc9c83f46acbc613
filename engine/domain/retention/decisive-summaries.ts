import { parseBasicTime } from '../backup-id.ts';
import type { ReasonCode, RetentionDecision, RetentionRules } from '../retention.ts';
import type { RetentionSet } from '../retention-set.ts';

/** What keeps a set whatever its manifest says. */
const WITHOUT_TERMS: ReadonlySet<ReasonCode> = new Set(['unnamed', 'hidden', 'held']);

/**
 * The sets whose manifests have to be read, because a decision rests on what only a mark says of them, which anybody may have
 * written: sets that are to be released, the younger ones on which that rests, and sets that stay by their own terms alone. Where
 * other sets may keep one (a chain of incremental ones, or none that is a successor), those of its database.
 */
export function decisiveSummaries<T extends RetentionSet>(
  decisions: readonly RetentionDecision<T>[],
  rules: Pick<RetentionRules, 'keeps' | 'now'>,
): Set<RetentionSet> {
  const wanted = new Set<RetentionSet>();
  const databases = new Set<string>();
  for (const decision of decisions) {
    const { set, successors } = decision;
    for (const one of successors) wanted.add(one);
    if (isKeptAnyway(decision, rules)) continue;
    wanted.add(set);
    if (!isBySummary(set) && restsOnOthers(decision)) databases.add(set.database);
  }
  for (const { set } of decisions) if (databases.has(set.database)) wanted.add(set);
  return new Set([...wanted].filter(isBySummary));
}

function isBySummary(set: RetentionSet): boolean {
  return set.isBySummary === true;
}

function isKeptAnyway(
  { set, action, reasons }: RetentionDecision,
  { keeps, now }: Pick<RetentionRules, 'keeps' | 'now'>,
): boolean {
  if (action === 'release') return false;
  if (reasons.some(({ code }) => WITHOUT_TERMS.has(code))) return true;
  const begun = parseBasicTime(set.id)?.getTime() ?? 0;
  return begun + (keeps.get(set.plan)?.for ?? 0) * 1000 > now.getTime();
}

function restsOnOthers({ set, action, reasons }: RetentionDecision): boolean {
  if (action === 'release') return set.terms?.kind !== 'logical';
  return reasons.some(({ code }) => code === 'too-few-proven' || code === 'needed');
}
