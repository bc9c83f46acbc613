import type { Manifest } from './manifest.ts';
import { type SetSummary, summarize } from './set/set-summary.ts';
import type { SetScope } from './set-scope.ts';
import type { CatalogEntry } from './set-state.ts';

/** What a manifest says to retention. */
export interface RetentionTerms {
  kind: Manifest['kind'];
  startedAt: Date;
  keepUntil: Date;
  /** Younger proven sets that must exist before this one is released. */
  keepAtLeast: number;
  /** Id of the set this one is incremental to. */
  previous: string | null;
  scope: SetScope;
  /** System identifier of the server that it came from. */
  server: string;
}

/** One set as retention sees it; small, so that twenty thousand of them fit into memory. */
export interface RetentionSet extends CatalogEntry {
  /** Undefined where the manifest can't be read; `problem` says why. */
  terms: RetentionTerms | undefined;
  problem: string | undefined;
  /** What is wrong with its manifest; null or absent where nothing is. */
  damage?: string | null;
  /** Whether its manifest was changed after it was sealed, or never was: then it has no terms. */
  isAltered?: boolean;
  /** Whether every object of the manifest is listed with its size. */
  isIntact: boolean;
  /** Its terms are those of its mark `checked`, which nobody has opened; absent where the manifest was read. */
  isBySummary?: boolean;
}

export interface ReadSet extends CatalogEntry {
  manifest: Manifest | undefined;
  problem: string | undefined;
  /** In place of the manifest. */
  summary?: SetSummary;
}

/** @param sizes bytes of each object that the listing shows below the set's prefix, by its name there. */
export function retentionSetOf(
  read: ReadSet,
  { sizes }: { sizes: ReadonlyMap<string, number> },
): RetentionSet {
  const { manifest, summary: said, ...entry } = read;
  const summary = said ?? (manifest && summarize(manifest));
  const isListed = ([key, bytes]: [string, number]) => sizes.get(key) === bytes;
  return {
    ...entry,
    terms: summary && termsOf(summary),
    isIntact: summary !== undefined && Object.entries(summary.sizes).every(isListed),
    ...(said === undefined ? {} : { isBySummary: true }),
  };
}

function termsOf(summary: SetSummary): RetentionTerms {
  const { kind, keepAtLeast, previous, scope, systemIdentifier: server } = summary;
  const startedAt = new Date(summary.startedAt);
  const keepUntil = new Date(summary.keepUntil);
  return { kind, startedAt, keepUntil, keepAtLeast, previous, scope, server };
}
