import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import type { AlertMessage } from '../../engine/domain/alert-message.ts';
import { objectKey } from '../../engine/domain/key.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { readManifest } from '../../engine/operations/catalog.ts';
import { notifyFailure } from '../../engine/operations/notify-failure.ts';
import type { Alerting } from '../../engine/operations/tell.ts';
import { storeSet } from '../fixtures/stored-sets.ts';

const FAILED = [
  {
    database: 'clinic',
    status: 'failed' as const,
    stage: 'backup' as const,
    error: { code: 'X', message: 'no' },
  },
];
const NOTICE = { plan: 'nightly', execution: 'e', results: FAILED };

describe('the alert of a run that failed', () => {
  let said: AlertMessage[];
  let alerting: Alerting;

  beforeEach(() => {
    said = [];
    alerting = {
      notifiers: [{ channel: 'critical', deliver: async (message) => void said.push(message) }],
      memory: {
        recall: async () => ({}),
        claimEnds: async (_, over) => over,
        remember: async () => undefined,
      },
      coolDownSeconds: 60,
      origin: { project: 'ward', host: 'here', config: 'holdfast.yaml' },
    };
  });

  it('does not wait for a vault that says nothing', async () => {
    const repository = new MemoryRepository();
    repository.prefixes = () => new Promise(() => undefined);
    const clock = { now: () => new Date() };
    const context = { vault: { name: 'vault', repository }, clock, alerting, patienceMs: 20 };
    expect(await notifyFailure(context, NOTICE)).toEqual({ problems: 1 });
    expect(said[0]?.text).toContain(
      'what is still safe is not known: the repositories did not answer in time',
    );
  });

  it('calls no set safe that lost an object, whatever its marks say', async () => {
    const repository = new MemoryRepository();
    const [older, newer] = [new Date('2026-11-20T02:00:00Z'), new Date('2026-11-21T02:00:00Z')];
    const whole = await storeSet(repository, { startedAt: older, marks: ['proven'] });
    const torn = await storeSet(repository, { startedAt: newer, marks: ['proven'] });
    const [object] = (await readManifest(torn, repository)).objects;
    await repository.release([objectKey(torn, object?.key ?? '')]);
    const clock = { now: () => new Date('2026-11-22T02:00:00Z') };
    await notifyFailure({ vault: { name: 'vault', repository }, clock, alerting }, NOTICE);
    expect(said[0]?.text).toContain(
      `still safe: set ${whole.id} in vault of 2026-11-20 02:00 UTC, 2 d old (PROVEN)`,
    );
  });

  it('goes out although nobody remembers what was told, which fails the function then', async () => {
    alerting.memory.recall = async () => {
      throw new HoldfastError({
        code: 'ALERT_FAILED',
        message: 'the table of alerts does not answer',
      });
    };
    const context = {
      vault: { name: 'vault', repository: new MemoryRepository() },
      clock: { now: () => new Date() },
      alerting,
    };
    await expect(notifyFailure(context, NOTICE)).rejects.toThrow(
      'the table of alerts does not answer',
    );
    expect(said).toHaveLength(1);
  });

  it('goes out although an end beside it can not be claimed', async () => {
    const told = {
      severity: 'critical' as const,
      title: 'lab/nightly: backup failed',
      since: '2026-11-22T02:00:00Z',
      toldAt: '2026-11-22T02:00:00Z',
    };
    alerting.memory.recall = async () => ({ 'run/backup/nightly/lab': told });
    alerting.memory.claimEnds = async () => {
      throw new HoldfastError({ code: 'ALERT_FAILED', message: 'the table of alerts is busy' });
    };
    const results = [
      ...FAILED,
      { database: 'lab', status: 'done' as const, stage: 'verify' as const },
    ];
    const context = {
      vault: { name: 'vault', repository: new MemoryRepository() },
      clock: { now: () => new Date() },
      alerting,
    };
    await expect(notifyFailure(context, { ...NOTICE, results })).rejects.toThrow(
      'the table of alerts is busy',
    );
    expect(said.map(({ subject }) => subject)).toEqual([
      '[holdfast ward] CRITICAL clinic/nightly: backup failed (X)',
    ]);
  });
});
