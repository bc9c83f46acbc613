import { beforeAll, describe, expect, it } from 'vitest';
import { runsAfter } from '../../engine/config/cron.ts';
import { ledgerKey } from '../../engine/domain/audit/ledger-entry.ts';
import type { LifecycleRule } from '../../engine/domain/lifecycle.ts';
import type { Keep } from '../../engine/domain/retention.ts';
import { lifecycleRules } from '../fixtures/lifecycle-rules.ts';
import { SimulatedVault } from '../fixtures/simulated-vault.ts';
import { bucketNamed, exampleConfig, synthesize } from '../fixtures/stacks.ts';

const DAY = 86_400;
const DAY_MS = DAY * 1000;
const FROM = new Date('2026-01-01T00:00:00Z');
const YEARS = { vault: 3, replica: 1.5 };

/** The plans of the vault in the example, with keeps of which a few years show the end. */
const KEEPS = new Map<string, Keep>([
  ['daily', { for: 90 * DAY, atLeast: 1 }],
  ['monthly', { for: 366 * DAY, atLeast: 1 }],
  ['archive', { for: 500 * DAY, atLeast: 1 }],
]);
const SCHEDULES = { daily: '0 2 * * *', monthly: '0 3 1 * *', archive: '0 4 1 1,4,7,10 *' };

let rules: Record<'vault' | 'replica', LifecycleRule[]>;

beforeAll(() => {
  const { Vault, Replica } = synthesize(exampleConfig());
  rules = {
    vault: lifecycleRules(bucketNamed(Vault, 'clinic-backups')),
    replica: lifecycleRules(bucketNamed(Replica, 'clinic-backups-replica')),
  };
});

describe('the rules of the synthesized vault', () => {
  it('remove a version only below a prefix and by the tag of retention', () => {
    for (const rule of [...rules.vault, ...rules.replica]) {
      const removes = rule.expirationDays !== undefined || rule.noncurrentDays !== undefined;
      if (!removes) continue;
      expect(rule.prefix, rule.id).toMatch(/^[\w%-]+\/$/);
      expect(rule.tags, rule.id).toEqual({ holdfast: 'released' });
    }
  });

  it('cover every plan of the vault and every kind of record, and never the keys', () => {
    const removing = rules.vault
      .filter(({ noncurrentDays }) => noncurrentDays !== undefined)
      .map(({ prefix }) => prefix);
    expect(removing.sort()).toEqual([
      'archive/',
      'audit/',
      'daily/',
      'drills/',
      'evidence/',
      'monthly/',
    ]);
    expect(rules.replica.map(({ prefix }) => prefix)).toEqual(
      rules.vault.map(({ prefix }) => prefix),
    );
  });

  it('are as long in the replica but for the undo window', () => {
    expect(rules.vault.find(({ prefix }) => prefix === 'daily/')).toMatchObject({
      expirationDays: 1,
      noncurrentDays: 14,
    });
    expect(rules.replica.find(({ prefix }) => prefix === 'daily/')).toMatchObject({
      expirationDays: 1,
      noncurrentDays: 30,
    });
  });

  it('remove what is released of plans that left the config, when it names them', () => {
    const config = exampleConfig((input) => {
      input.aws.formerPlans = ['weekly sets'];
    });
    const { prefix, tags } =
      lifecycleRules(bucketNamed(synthesize(config).Vault, 'clinic-backups')).find(({ id }) =>
        id.includes('weekly'),
      ) ?? {};
    expect({ prefix, tags }).toEqual({ prefix: 'weekly%20sets/', tags: { holdfast: 'released' } });
  });

  it('select below the prefix of a repository that has one', () => {
    const config = exampleConfig((input) => {
      input.repositories.cloud.prefix = 'teams/clinic';
    });
    const found = lifecycleRules(bucketNamed(synthesize(config).Vault, 'clinic-backups')).filter(
      ({ tags }) => 'holdfast' in tags,
    );
    expect(found.every(({ prefix }) => /^teams\/clinic\/[\w%-]+\/$/.test(prefix))).toBe(true);
  });
});

describe.each(['vault', 'replica'] as const)('years of backups in the %s', (place) => {
  let vault: SimulatedVault;
  const end = new Date(FROM.getTime() + YEARS[place] * 366 * DAY_MS);

  beforeAll(() => {
    vault = new SimulatedVault({ rules: rules[place], keeps: KEEPS, lockDays: 7 });
    for (const { at, happen } of events(vault, end)) happen(at);
  });

  it('lose nothing that was not released', () => {
    expect(vault.lost).toEqual([]);
    expect(vault.missing()).toEqual([]);
    expect(vault.sets.size).toBeGreaterThan(500);
  });

  it('remove everything that was released, and nothing before its undo window is over', () => {
    const undoDays = place === 'vault' ? 14 : 30;
    expect(vault.releasedAt.size).toBeGreaterThan(1000);
    for (const [key, at] of vault.releasedAt) {
      const removed = vault.removedAt.get(key);
      const isDue = at.getTime() + (undoDays + 4) * DAY_MS < end.getTime();
      if (isDue && removed === undefined) throw new Error(`${key} is still there`);
      if (removed !== undefined)
        expect((removed.getTime() - at.getTime()) / DAY_MS).toBeGreaterThanOrEqual(undoDays);
    }
  });

  it('keep a set of every plan readable, its manifest in no cold class', () => {
    const current = [...vault.bucket.current()];
    for (const plan of KEEPS.keys())
      expect(current.some(({ key }) => key.startsWith(`${plan}/`))).toBe(true);
    expect(
      current.filter(
        ({ storageClass, bytes }) => storageClass !== 'STANDARD' && bytes <= 16 * 1024 ** 2,
      ),
    ).toEqual([]);
    const cold = current.filter(({ storageClass }) => storageClass === 'DEEP_ARCHIVE');
    expect(cold.length).toBeGreaterThan(1);
    expect(
      cold.every(({ key }) => key.startsWith('archive/') && key.endsWith('/data.dump.zst.esdk')),
    ).toBe(true);
  });

  it('expire nothing when backups, drills and prune have stopped', () => {
    const count = () => [...vault.bucket.current()].length;
    vault.prune(end);
    for (let day = 0; day < 60; day += 1) vault.live(new Date(end.getTime() + day * DAY_MS));
    const before = count();
    for (let day = 60; day < 60 + 8 * 366; day += 30)
      vault.live(new Date(end.getTime() + day * DAY_MS));
    expect(count()).toBe(before);
    expect(vault.lost).toEqual([]);
    expect(vault.missing()).toEqual([]);
  });
});

interface Event {
  at: Date;
  happen: (at: Date) => void;
}

function events(vault: SimulatedVault, end: Date): Event[] {
  const every = (schedule: string, happen: (at: Date) => void): Event[] => {
    const found: Event[] = [];
    for (const at of runsAfter(schedule, { timezone: 'UTC', from: new Date(FROM.getTime() - 1) })) {
      if (at >= end) break;
      found.push({ at, happen });
    }
    return found;
  };
  return [
    ...Object.entries(SCHEDULES).flatMap(([plan, schedule]) =>
      every(schedule, (at) => vault.backUp(plan, at)),
    ),
    ...every('0 6 1 * *', (at) => vault.drill(at)),
    ...every('47 5 * * *', (at) => vault.prune(at)),
    ...every('50 5 * * 0', (at) =>
      vault.record(`audit/${at.toISOString().slice(0, 10).replaceAll('-', '/')}/prune.json`, at),
    ),
    ...every('31 6 1 */3 *', (at) => vault.record(ledgerKey({ from: at.toISOString() }), at)),
    ...every('0 0 * * *', (at) => vault.live(at)),
  ].sort((one, other) => one.at.getTime() - other.at.getTime());
}
