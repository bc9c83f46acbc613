import { type LifecycleRule, VersionedBucket } from '../lifecycle.ts';

const BEGIN = new Date('2026-01-01T00:00:00Z');
const DAY_MS = 86_400_000;

/**
 * The lifecycle rules that hide or remove what retention has not released: each is played alone with untagged versions, current and
 * older ones, small and large. @returns their ids.
 */
export function eagerRules(rules: readonly LifecycleRule[]): string[] {
  return rules.filter(removesUntagged).map(({ id }) => id);
}

function removesUntagged(rule: LifecycleRule): boolean {
  const bucket = new VersionedBucket();
  const sizes = [1, Math.max(1, rule.largerThan + 1)];
  const keys = sizes.flatMap((bytes, index) =>
    ['current', 'older'].map((name) => ({ key: `${rule.prefix}${name}-${index}`, bytes })),
  );
  for (const { key, bytes } of keys) {
    bucket.put({ key, bytes, at: BEGIN });
    if (key.includes('older')) bucket.put({ key, bytes, at: BEGIN });
  }
  const days = Math.max(rule.expirationDays ?? 0, rule.noncurrentDays ?? 0) + 2;
  const removed = bucket.live([rule], new Date(BEGIN.getTime() + days * DAY_MS));
  return removed.length > 0 || keys.some(({ key }) => bucket.currentOf(key) === undefined);
}
