import { describe, expect, it } from 'vitest';
import {
  deadAfterSeconds,
  describeRun,
  isDead,
  type StandingRun,
} from '../../engine/domain/standing-run.ts';

const run = (overrides: Partial<StandingRun>): StandingRun => ({
  pid: 4711,
  role: 'holdfast',
  applicationName: 'holdfast 20261122T020000Z-7f3a',
  address: '10.0.0.1',
  startedAt: new Date('2026-11-22T02:00:00Z'),
  silentSeconds: 0,
  isWorking: false,
  ...overrides,
});

describe('a run that holds the lock', () => {
  it('is dead when it sent nothing for longer than the limit', () => {
    expect(isDead(run({ silentSeconds: 301 }), 300)).toBe(true);
    expect(isDead(run({ silentSeconds: 299 }), 300)).toBe(false);
  });

  it('is not dead while the server works on its statement', () => {
    expect(isDead(run({ silentSeconds: 9000, isWorking: true }), 300)).toBe(false);
  });

  it('is not dead where the server does not show when it was heard of', () => {
    expect(isDead(run({ silentSeconds: null }), 300)).toBe(false);
  });

  it('may miss two heartbeats, however short stallTimeout is', () => {
    expect(deadAfterSeconds(1)).toBe(90);
    expect(deadAfterSeconds(300)).toBe(300);
  });

  it('is described by its start and its session', () => {
    expect(describeRun(run({}))).toBe(
      'since 2026-11-22 02:00 UTC (session 4711 of holdfast from 10.0.0.1, holdfast 20261122T020000Z-7f3a)',
    );
    expect(describeRun(run({ startedAt: null, address: null }))).toMatch(/^\(session 4711 of/);
  });
});
