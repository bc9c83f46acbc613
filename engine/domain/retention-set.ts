import type { Manifest } from './manifest.ts';
import { type SetScope, scopeOf } from './set-scope.ts';
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
  /** Whether its manifest was changed after it was sealed, or never was: then it has no terms. */
  isAltered?: boolean;
  /** Whether every object of the manifest is listed with its size. */
  isIntact: boolean;
}

export interface ReadSet extends CatalogEntry {
  manifest: Manifest | undefined;
  problem: string | undefined;
}

/** @param sizes bytes of each object that the listing shows below the set's prefix, by its name there. */
export function retentionSetOf(
  read: ReadSet,
  { sizes }: { sizes: ReadonlyMap<string, number> },
): RetentionSet {
  const { manifest, ...entry } = read;
  return {
    ...entry,
    terms: manifest === undefined ? undefined : termsOf(manifest),
    isIntact:
      manifest?.objects.every(({ key, storedBytes }) => sizes.get(key) === storedBytes) ?? false,
  };
}

function termsOf(manifest: Manifest): RetentionTerms {
  return {
    kind: manifest.kind,
    startedAt: new Date(manifest.startedAt),
    keepUntil: new Date(manifest.keepUntil),
    keepAtLeast: manifest.keepAtLeast,
    previous: manifest.physical?.previous ?? null,
    scope: scopeOf(manifest),
    server: manifest.source.systemIdentifier,
  };
}
