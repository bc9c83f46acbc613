import type { SetAddress } from '../domain/key.ts';
import type { Reason, RetentionDecision } from '../domain/retention.ts';
import type { RetentionSet } from '../domain/retention-set.ts';

export interface PrunedSet extends SetAddress {
  state: RetentionSet['state'];
  action: RetentionDecision['action'];
  reasons: Reason[];
}

/** What prune decided and did in one repository. */
export interface PruneReport {
  repository: string;
  location: string;
  /** Every set that has a manifest, oldest first. */
  sets: PrunedSet[];
  /** Prefixes of runs that died while they published. */
  unfinished: string[];
  /** Ids of released sets of which nothing is left any more. */
  disposed: string[];
  /** Audit records, drill reports and evidence that outlived their six years. */
  records: number;
  /** Sets whose lock was lengthened. */
  locked: number;
  /** Keys of marks that no holder of the key wrote. Nothing was decided by them. */
  forgedMarks: string[];
  notes: string[];
  /** Why the repository could not be pruned, or not to the end; the rest says what was done until then. */
  problem: string | null;
}

const IDS_IN_SUMMARY = 100;

export interface SummaryOptions {
  /** Ids of what was let go, however far the run came. */
  released: readonly string[];
}

/** One line for the audit record of a run. Each released set has a record of its own, so a long list may be cut. */
export function summaryOf(
  { sets, disposed, records, locked }: PruneReport,
  { released }: SummaryOptions,
): string {
  return [
    `${sets.filter(({ action }) => action === 'keep').length} kept`,
    `${released.length} released${listOf(released)}`,
    `${disposed.length} disposed of${listOf(disposed)}`,
    `${records} records outlived`,
    `${locked} locked for longer`,
  ].join(', ');
}

function listOf(ids: readonly string[]): string {
  if (ids.length === 0) return '';
  return ` (${ids.slice(0, IDS_IN_SUMMARY).join(', ')}${ids.length > IDS_IN_SUMMARY ? ', ...' : ''})`;
}
