import { setTimeout as sleep } from 'node:timers/promises';
import { objectKey } from '../domain/key.ts';
import type { Manifest } from '../domain/manifest.ts';
import { estimateThaw, type ThawTier, tiersOf } from '../domain/thaw-estimate.ts';
import { HoldfastError } from '../errors.ts';
import type { ObjectCondition } from '../ports/repository.ts';
import type { Context } from './context.ts';
import type { OpenedSet } from './opened-set.ts';

/** The readable copies live so long: a restore that fails on a Friday can be tried again on Monday. */
const READABLE_DAYS = 5;

const POLL_MS: Record<ThawTier, number> = { Expedited: 15_000, Standard: 300_000, Bulk: 300_000 };

type Waiting = Pick<Context, 'signal' | 'progress'>;

interface ColdObject {
  key: string;
  condition: ObjectCondition;
}

export interface ThawOptions {
  /** Undefined: nobody asked to wait and pay. */
  tier: ThawTier | undefined;
  dryRun: boolean;
  /** Hears that the store was asked, before the waiting begins. */
  onAsked?: (asked: { bytes: number; step: string }) => Promise<void>;
}

/**
 * Makes every object of a set readable. Nothing where all of them are; one request an object.
 * @returns what was, or would be, done about it, for the steps of a restore.
 * @throws HoldfastError OBJECT_COLD, with what a thaw would take, where no tier was given.
 */
export async function makeReadable(
  context: Waiting,
  set: OpenedSet<Manifest>,
  { tier, dryRun, onAsked }: ThawOptions,
): Promise<string[]> {
  const cold = await findCold(set);
  if (cold.length === 0) return [];
  if (tier === undefined && !dryRun) throw isCold(set, cold);
  if (tier === undefined) return [`first, with --thaw: ${describeChoices(cold)}`];
  const step = `thaw ${describe(cold)}: ${describeTier(cold, tier)}`;
  if (dryRun) return [step];
  context.progress({ phase: 'thaw', note: step });
  for (const { key } of cold) await set.repository.thaw(key, { tier, days: READABLE_DAYS });
  await onAsked?.({ bytes: bytesOf(cold), step });
  await untilReadable(context, { set, cold, tier });
  return [step];
}

async function findCold({
  manifest,
  address,
  repository,
}: OpenedSet<Manifest>): Promise<ColdObject[]> {
  const cold: ColdObject[] = [];
  for (const object of manifest.objects) {
    const key = objectKey(address, object.key);
    const condition = await repository.inspect(key);
    if (condition.readiness !== 'ready') cold.push({ key, condition });
  }
  return cold;
}

interface WaitOptions {
  set: OpenedSet<Manifest>;
  cold: readonly ColdObject[];
  tier: ThawTier;
}

async function untilReadable(
  { signal, progress }: Waiting,
  { set: { repository }, cold, tier }: WaitOptions,
): Promise<void> {
  const totalBytes = bytesOf(cold);
  let waiting = cold;
  for (;;) {
    const still: ColdObject[] = [];
    for (const object of waiting)
      if ((await repository.inspect(object.key)).readiness !== 'ready') still.push(object);
    waiting = still;
    progress({ phase: 'thaw', bytes: totalBytes - bytesOf(waiting), totalBytes });
    if (waiting.length === 0) return;
    await sleep(POLL_MS[tier], undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function isCold(set: OpenedSet<Manifest>, cold: readonly ColdObject[]): HoldfastError {
  return new HoldfastError({
    code: 'OBJECT_COLD',
    message: `${describe(cold)} of ${set.address.id} must be thawed first: ${describeChoices(cold)}`,
    hint: 'Give --thaw with one of these tiers: the restore waits for it and goes on. `holdfast list` may show a younger set that is not cold.',
  });
}

function describe(cold: readonly ColdObject[]): string {
  const gigabytes = bytesOf(cold) / 1e9;
  return `${cold.length} ${cold.length === 1 ? 'object' : 'objects'} (${gigabytes.toFixed(2)} GB) in ${classesOf(cold).join(' and ')}`;
}

function describeChoices(cold: readonly ColdObject[]): string {
  const tiers = classesOf(cold).map(tiersOf);
  const common = (tiers[0] ?? []).filter((tier) => tiers.every((some) => some.includes(tier)));
  return common.map((tier) => `${tier} (${describeTier(cold, tier)})`).join(', ');
}

/** The slowest class decides when, all of them what it costs. */
function describeTier(cold: readonly ColdObject[], tier: ThawTier): string {
  const estimates = classesOf(cold).map((storageClass) => {
    const bytes = bytesOf(cold.filter(({ condition }) => condition.storageClass === storageClass));
    return estimateThaw(bytes, { storageClass, tier });
  });
  const known = estimates.filter((estimate) => estimate !== undefined);
  const dollars = known.reduce((sum, estimate) => sum + estimate.dollars, 0);
  const times = [...new Set(known.map(({ time }) => time))];
  return `${times.join(' or ') || 'an unknown time'}, about $${dollars.toFixed(2)}`;
}

function classesOf(cold: readonly ColdObject[]): string[] {
  return [...new Set(cold.map(({ condition }) => condition.storageClass ?? ''))];
}

function bytesOf(objects: readonly ColdObject[]): number {
  return objects.reduce((sum, { condition }) => sum + condition.bytes, 0);
}
