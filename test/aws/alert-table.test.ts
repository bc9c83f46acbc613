import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AlertTable } from '../../engine/adapters/alert-table.ts';
import { STACK_ENV } from '../../engine/contract.ts';
import type { AlertState, Told } from '../../engine/domain/alerts.ts';
import { makeStackEnvironment } from '../fixtures/stack-environment.ts';

const KEY = 'run/backup/nightly/clinic';
const tellAt = (toldAt: string): Told => ({
  severity: 'critical',
  title: 'clinic/nightly: backup failed (X)',
  since: toldAt,
  toldAt,
});
const TOLD = tellAt('2026-11-22T02:00:00.000Z');
const AGAIN = tellAt('2026-11-22T03:00:00.000Z');

describe('the table of what the topics were told', () => {
  let one: AlertTable;
  let other: AlertTable;
  const over: AlertState = { [KEY]: TOLD };

  beforeEach(async () => {
    const { env } = await makeStackEnvironment({ databases: {} });
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const table = env[STACK_ENV.alertsTable] ?? '';
    [one, other] = [new AlertTable({ table, env }), new AlertTable({ table, env })];
    await one.remember('critical', over, {});
  });
  afterEach(() => vi.unstubAllEnvs());

  it('gives an end to one of those who see it, who forgets it when it is told', async () => {
    const claims = await Promise.all([
      one.claimEnds('critical', over),
      other.claimEnds('critical', over),
    ]);
    expect(claims.map((claim) => Object.keys(claim).length).toSorted()).toEqual([0, 1]);
    await one.remember('critical', { [KEY]: null }, over);
    expect(await other.recall('critical')).toEqual({});
  });

  it('takes an end back as it was', async () => {
    await one.claimEnds('critical', over);
    await one.remember('critical', over, over);
    expect(await other.claimEnds('critical', over)).toEqual(over);
  });

  it('takes nothing back over what was told anew in the meantime', async () => {
    await one.claimEnds('critical', over);
    await other.remember('critical', { [KEY]: AGAIN }, {});
    await one.remember('critical', over, over);
    expect(await other.recall('critical')).toEqual({ [KEY]: AGAIN });
  });

  it('takes a failure that comes while its end is told for a new one, and keeps it', async () => {
    await one.claimEnds('critical', over);
    expect(await other.recall('critical')).toEqual({});
    await other.remember('critical', { [KEY]: AGAIN }, {});
    await one.remember('critical', { [KEY]: null }, over);
    expect(await other.recall('critical')).toEqual({ [KEY]: AGAIN });
  });

  it('gives no end of what was told anew in the meantime', async () => {
    await other.remember('critical', { [KEY]: AGAIN }, over);
    expect(await one.claimEnds('critical', over)).toEqual({});
  });

  it('keeps the topics apart', async () => {
    await one.remember('warning', over, {});
    await one.claimEnds('critical', over);
    expect(await other.recall('warning')).toEqual(over);
  });
});
