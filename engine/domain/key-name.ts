import type { Manifest } from './manifest.ts';

/** What a set was encrypted for: a key file by its fingerprint, a break-glass pair by its own, a KMS key by its ARN. */
export type KeyName = Manifest['keys'][number];

/** Copies of a multi-Region KMS key in other regions are the same key (AWS KMS Developer Guide, "Multi-Region keys"). */
export function isSameKey(one: KeyName, other: KeyName): boolean {
  if (one.type !== other.type) return false;
  return (
    one.id === other.id ||
    (one.type === 'kms' &&
      isMultiRegion(one.id) &&
      withoutRegion(one.id) === withoutRegion(other.id))
  );
}

function isMultiRegion(arn: string): boolean {
  return arn.includes(':key/mrk-');
}

function withoutRegion(arn: string): string {
  const [prefix, partition, service, _region, ...rest] = arn.split(':');
  return [prefix, partition, service, ...rest].join(':');
}
