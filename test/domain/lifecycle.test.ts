import { describe, expect, it } from 'vitest';
import { type LifecycleRule, VersionedBucket } from '../../engine/domain/lifecycle.ts';

const RELEASED = { holdfast: 'released' };
const at = (day: number, hour = 2) => new Date(Date.UTC(2026, 0, 1 + day, hour));
const rule = (parts: Partial<LifecycleRule>): LifecycleRule => ({
  id: 'a rule',
  isEnabled: true,
  prefix: '',
  tags: {},
  largerThan: -1,
  transitions: [],
  ...parts,
});
const undo = rule({ prefix: 'daily/', tags: RELEASED, expirationDays: 1, noncurrentDays: 14 });

function bucketWith(
  key: string,
  { bytes = 10, lockedUntil = null as Date | null } = {},
): VersionedBucket {
  const bucket = new VersionedBucket();
  bucket.put({ key, bytes, at: at(0), lockedUntil });
  return bucket;
}

function tag(bucket: VersionedBucket, key: string): void {
  const found = bucket.currentOf(key);
  if (found !== undefined) found.tags.holdfast = 'released';
}

/** The day on which it was hidden and the one on which it was gone. */
function fate(
  bucket: VersionedBucket,
  { key, rules, days }: { key: string; rules: LifecycleRule[]; days: number },
) {
  const found: { hidden?: number; gone?: number } = {};
  for (let day = 0; day <= days; day += 1) {
    if (bucket.live(rules, at(day, 0)).length > 0) found.gone = day;
    if (bucket.currentOf(key) === undefined) found.hidden ??= day;
  }
  return found;
}

describe('a versioned bucket under lifecycle rules', () => {
  it('hides what is released after its days, up to the midnight that follows, and removes it after the undo window', () => {
    const bucket = bucketWith('daily/a');
    tag(bucket, 'daily/a');
    expect(fate(bucket, { key: 'daily/a', rules: [undo], days: 40 })).toEqual({
      hidden: 2,
      gone: 16,
    });
  });

  it('leaves alone what has not the tag, another value of it, or another prefix', () => {
    for (const [key, value] of [
      ['daily/a', undefined],
      ['daily/a', 'kept'],
      ['other/a', 'released'],
    ] as const) {
      const bucket = bucketWith(key);
      const version = bucket.currentOf(key);
      if (value !== undefined && version !== undefined) version.tags.holdfast = value;
      expect(fate(bucket, { key, rules: [undo], days: 400 })).toEqual({});
    }
  });

  it('keeps a locked version until its lock is over', () => {
    const bucket = bucketWith('daily/a', { lockedUntil: at(100) });
    tag(bucket, 'daily/a');
    expect(fate(bucket, { key: 'daily/a', rules: [undo], days: 200 })).toEqual({
      hidden: 2,
      gone: 101,
    });
  });

  it('removes without a tag where a rule asks for none: what our rules must never do', () => {
    const bucket = bucketWith('daily/a');
    expect(
      fate(bucket, {
        key: 'daily/a',
        rules: [rule({ expirationDays: 30, noncurrentDays: 1 })],
        days: 60,
      }),
    ).toEqual({
      hidden: 31,
      gone: 32,
    });
  });

  it('does nothing by a rule that is switched off', () => {
    const bucket = bucketWith('daily/a');
    expect(
      fate(bucket, {
        key: 'daily/a',
        rules: [rule({ isEnabled: false, expirationDays: 1 })],
        days: 60,
      }),
    ).toEqual({});
  });

  it('sweeps a delete marker that is alone', () => {
    const bucket = bucketWith('daily/a');
    tag(bucket, 'daily/a');
    for (let day = 0; day < 40; day += 1)
      bucket.live([undo, rule({ removesLoneMarkers: true })], at(day, 0));
    expect([...bucket.versions()]).toEqual([]);
    bucket.put({ key: 'daily/a', bytes: 1, at: at(50) });
    expect(bucket.currentOf('daily/a')?.bytes).toBe(1);
  });

  it('moves what is larger than the rule says to its class, and nothing smaller', () => {
    const cold = rule({
      prefix: 'archive/',
      largerThan: 100,
      transitions: [{ days: 30, storageClass: 'GLACIER' }],
    });
    for (const [bytes, storageClass] of [
      [100, 'STANDARD'],
      [101, 'GLACIER'],
    ] as const) {
      const bucket = bucketWith('archive/a', { bytes });
      bucket.live([cold], at(30, 23));
      expect(bucket.currentOf('archive/a')?.storageClass).toBe('STANDARD');
      bucket.live([cold], at(31, 0));
      expect(bucket.currentOf('archive/a')?.storageClass).toBe(storageClass);
    }
  });

  it('counts a version as noncurrent from the moment in which a newer one hides it', () => {
    const bucket = bucketWith('daily/a', { bytes: 1 });
    bucket.put({ key: 'daily/a', bytes: 2, at: at(1) });
    expect(bucket.currentOf('daily/a')?.bytes).toBe(2);
    expect([...bucket.versions()].map(({ noncurrentSince }) => noncurrentSince?.getTime())).toEqual(
      [at(1).getTime(), undefined],
    );
  });
});
