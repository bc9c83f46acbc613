import { describe, expect, it } from 'vitest';
import type { AwsConfig } from '../../engine/config/aws-schema.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { namedPlans } from '../../engine/config/vault-plans.ts';
import { decideRetention } from '../../engine/domain/retention.ts';
import { retentionSetOf } from '../../engine/domain/retention-set.ts';
import { evaluateMarks } from '../../engine/domain/set/evaluate-marks.ts';
import { judgeUnnamed } from '../../engine/domain/unnamed-plans.ts';
import { logicalManifest } from '../fixtures/manifests.ts';
import { seenSet } from '../fixtures/seen-set.ts';

const NOW = new Date('2026-11-22T12:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000);

describe('the plans that a vault has rules for', () => {
  const config = parseConfig(
    {
      project: 'clinic',
      databases: { clinic: { secret: 's' } },
      repositories: { cloud: { bucket: 'clinic-backups' }, local: { folder: './backups' } },
      plans: { daily: { repositories: ['cloud'] }, byHand: { repositories: ['local'] } },
      aws: {
        region: 'eu-central-1',
        repository: 'cloud',
        replica: 'none',
        network: { vpcId: 'vpc-1', subnetIds: ['subnet-1'], availabilityZones: ['eu-central-1a'] },
        formerPlans: ['weekly', 'weekly'],
      },
    },
    { origin: 'a test' },
  );

  it('are those that write there, and the former ones', () => {
    expect([...(namedPlans(config, 'cloud') ?? [])]).toEqual(['daily', 'weekly']);
  });

  it('are all plans in a repository that is no vault', () => {
    expect(namedPlans(config, 'local')).toBeUndefined();
    expect(
      namedPlans({ ...config, aws: undefined as AwsConfig | undefined }, 'cloud'),
    ).toBeUndefined();
  });
});

describe('check', () => {
  const named = new Set(['nightly']);

  it('finds one warning for each plan that nobody names, however many sets it has', () => {
    const sets = [
      seenSet(daysAgo(9), { plan: 'old' }),
      seenSet(daysAgo(8), { plan: 'old', database: 'lab' }),
      seenSet(daysAgo(1)),
    ];
    expect(judgeUnnamed(sets, { repository: 'cloud', named })).toMatchObject([
      {
        plan: 'old',
        database: null,
        verdict: 'unnamed',
        severity: 'warning',
        detail: expect.stringMatching(/^2 sets lie here/),
      },
    ]);
    expect(judgeUnnamed(sets, { repository: 'local', named: undefined })).toEqual([]);
  });
});

describe('retention', () => {
  const setOf = (plan: string, days: number, marks: 'proven'[] = []) => {
    const startedAt = daysAgo(days).toISOString();
    const id = `${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z-7f3a`;
    const manifest = logicalManifest({
      plan,
      id,
      startedAt,
      keepUntil: daysAgo(days - 1).toISOString(),
    } as Parameters<typeof logicalManifest>[0]);
    const entry = {
      plan,
      database: manifest.database,
      id: manifest.id,
    };
    const own = marks.map((mark) => ({ mark, at: daysAgo(days) }));
    const read = {
      ...entry,
      ...evaluateMarks(own),
      marks: own,
      manifest: { ...manifest, seal: 'x' },
      problem: undefined,
    };
    return retentionSetOf(read, {
      sizes: new Map(manifest.objects.map(({ key, storedBytes }) => [key, storedBytes])),
    });
  };
  const decide = (named: Set<string> | undefined, isReleased = false) =>
    decideRetention([{ ...setOf('old', 90), isReleased }, setOf('nightly', 1, ['proven'])], {
      keeps: new Map(),
      undrilled: new Set(),
      named,
      now: NOW,
    }).map(({ action, reasons }) => `${action} ${reasons[0]?.code}`);

  it('keeps what the vault would not remove, also what was released before', () => {
    expect(decide(new Set(['nightly']))[0]).toBe('keep unnamed');
    expect(decide(new Set(['nightly']), true)[0]).toBe('keep unnamed');
  });

  it('lets it go where somebody names its plan, or nobody has to', () => {
    expect(decide(new Set(['nightly', 'old']))[0]).toBe('release keep-passed');
    expect(decide(undefined)[0]).toBe('release keep-passed');
  });
});
