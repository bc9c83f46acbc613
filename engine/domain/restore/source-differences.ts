import type { TocEntry } from '../archive-toc.ts';
import type { ManifestSource } from '../manifest.ts';
import type { Setting } from './value-settings.ts';

type Characters = Pick<
  ManifestSource,
  'encoding' | 'collate' | 'ctype' | 'localeProvider' | 'icuLocale' | 'collationVersion'
>;

const CHARACTERS: readonly [keyof Characters, string][] = [
  ['encoding', 'encoding'],
  ['collate', 'collate'],
  ['ctype', 'ctype'],
  ['localeProvider', 'locale provider'],
  ['icuLocale', 'locale of the provider'],
  ['collationVersion', 'version of the collation'],
];

/** How characters are written, compared and sorted elsewhere than in the source. */
export function differentCharacters(source: Characters, target: Characters): string[] {
  return CHARACTERS.filter(
    // Older versions did not record every one of them.
    ([name]) => source[name] !== undefined && (source[name] ?? null) !== (target[name] ?? null),
  ).map(([name, words]) => `${words} ${source[name] ?? 'none'} (here ${target[name] ?? 'none'})`);
}

/**
 * Settings of the source's server that this one has with other values. What the database or a role
 * sets comes back with it, so only values that no such setting decides depend on them.
 */
export function differentSettings(
  source: readonly Setting[],
  target: readonly Setting[],
): string[] {
  return source.flatMap(({ name, value }) => {
    const here = target.find((other) => other.name === name)?.value;
    return here === undefined || here === value ? [] : [`${name} ${value} (here ${here})`];
  });
}

export interface SubscriptionOfSet {
  name: string;
  /** The replication slot on the publisher; null where it has none. */
  slot: string | null;
}

/** The subscriptions of a set, from the statements that pg_dump wrote. */
export function subscriptionsOf(toc: readonly TocEntry[]): SubscriptionOfSet[] {
  return toc
    .filter(({ type }) => type === 'SUBSCRIPTION')
    .map(({ tag, definition }) => {
      const slot = /\bslot_name = (?:'((?:[^']|'')*)'|NONE)/.exec(definition)?.[1];
      return { name: tag, slot: slot?.replaceAll("''", "'") ?? null };
    });
}

export function describeSubscriptions(subscriptions: readonly SubscriptionOfSet[]): string[] {
  if (subscriptions.length === 0) return [];
  const named = subscriptions
    .map(({ name, slot }) => `${name} (${slot === null ? 'no slot' : `slot ${slot}`})`)
    .join(', ');
  return [
    `subscriptions come back disabled: ${named}; a slot serves one subscriber only, so enable each when nothing else uses its slot`,
  ];
}
