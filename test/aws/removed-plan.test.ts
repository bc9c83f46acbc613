import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RUNBOOK } from '../../engine/contract.ts';
import { manifestKey, type SetAddress } from '../../engine/domain/key.ts';
import { handler as check } from '../../lambdas/check.ts';
import { handler as prune } from '../../lambdas/prune.ts';
import { makeStackAliases } from '../fixtures/kms.ts';
import { makeStackEnvironment, type StackEnvironment } from '../fixtures/stack-environment.ts';
import { storeSet } from '../fixtures/stored-sets.ts';
import { vaultSettings } from '../fixtures/vault-settings.ts';

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

/** A config from which the plan `archive` and the database `lab` went. */
const parts = (formerPlans: string[]) => ({
  databases: { clinic: { secret: 'clinic', drill: { enabled: false } } },
  plans: { nightly: { schedule: '0 2 * * *' } },
  aws: {
    region: 'us-east-1',
    repository: 'cloud',
    replica: 'none',
    network: { vpcId: 'vpc-1', subnetIds: ['subnet-1'], availabilityZones: ['us-east-1a'] },
    formerPlans,
  },
});

describe('a plan that left the config', () => {
  let stack: StackEnvironment;
  let archived: SetAddress;
  let ofLab: SetAddress;

  beforeEach(async () => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    stack = await makeStackEnvironment(parts([]));
    const key = stack.env.HOLDFAST_KMS_KEY ?? '';
    await makeStackAliases(key, 'ward');
    await vaultSettings(stack.vault, { project: 'ward' }).encryption('aws:kms', key);
    for (const [name, value] of Object.entries(stack.env)) vi.stubEnv(name, value);
    archived = await storeSet(stack.repository, {
      plan: 'archive',
      startedAt: daysAgo(40),
    });
    ofLab = await storeSet(stack.repository, { database: 'lab', startedAt: daysAgo(3) });
    await storeSet(stack.repository, { startedAt: daysAgo(0.1), marks: ['checked'] });
  });

  afterEach(() => vi.unstubAllEnvs());

  const lockOf = async (set: SetAddress) =>
    (await stack.repository.lockedUntil(manifestKey(set)))?.getTime() ?? 0;

  it('keeps its sets locked by prune, which says that nobody names it', async () => {
    expect(await lockOf(archived)).toBeLessThan(daysAgo(-2).getTime());
    const note =
      'plan "archive" is named neither by plans nor by aws.formerPlans: its sets stay, whatever their keep';
    expect(await prune({})).toMatchObject({ kept: 3, locked: 3, released: [], notes: [note] });
    for (const set of [archived, ofLab])
      expect(await lockOf(set)).toBeGreaterThan(daysAgo(-14).getTime());
  });

  it('is a warning of check, until aws.formerPlans names it', async () => {
    const unnamed = { verdict: 'unnamed', severity: 'warning', plan: 'archive', database: null };
    expect(await check({})).toMatchObject({
      status: 'warning',
      findings: [unnamed, { verdict: 'fresh' }],
    });
    const [told] = await stack.told('warning');
    expect(told?.message.alerts).toMatchObject([
      {
        runbook: `${RUNBOOK.page}#${RUNBOOK.unnamed}`,
        hint: expect.stringContaining('Add "archive" to aws.formerPlans'),
      },
    ]);
    await stack.deploy(parts(['archive']));
    vi.stubEnv('HOLDFAST_CONFIG_URI', stack.env.HOLDFAST_CONFIG_URI);
    expect(await check({})).toMatchObject({ status: 'ok' });
    expect((await prune({})).notes).toEqual([]);
  });
});
