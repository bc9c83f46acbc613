import { decisiveSummaries } from '../../domain/retention/decisive-summaries.ts';
import {
  decideRetention,
  type RetentionDecision,
  type RetentionRules,
} from '../../domain/retention.ts';
import type { RetentionSet } from '../../domain/retention-set.ts';
import { replaceSome } from './replace-some.ts';

export type ReadTerms = (set: RetentionSet) => Promise<RetentionSet>;

export interface Decided {
  sets: RetentionSet[];
  decisions: RetentionDecision<RetentionSet>[];
}

/**
 * Retention in which no decision rests on the summary in a mark: what decides is read, and retention is decided again, until
 * nothing is left to read. @param readTerms the set with the terms of its manifest.
 */
export async function decideByManifests(
  sets: readonly RetentionSet[],
  rules: RetentionRules,
  readTerms: ReadTerms,
): Promise<Decided> {
  let known = [...sets];
  for (;;) {
    const decisions = decideRetention(known, rules);
    const decisive = decisiveSummaries(decisions, rules);
    if (decisive.size === 0) return { sets: known, decisions };
    known = await replaceSome(known, (set) => decisive.has(set), readTerms);
  }
}
