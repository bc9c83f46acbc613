import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import type { AlertMessage } from '../../engine/domain/alert-message.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { notifyFailure } from '../../engine/operations/notify-failure.ts';
import type { Alerting } from '../../engine/operations/tell.ts';

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
    repository.list = async function* () {
      await new Promise(() => undefined);
    };
    const context = { repository, clock: { now: () => new Date() }, alerting, patienceMs: 20 };
    expect(await notifyFailure(context, NOTICE)).toEqual({ problems: 1 });
    expect(said[0]?.text).toContain(
      'what is still safe is not known: the vault did not answer in time',
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
      repository: new MemoryRepository(),
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
      repository: new MemoryRepository(),
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
