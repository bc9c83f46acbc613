import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import type { AlertMessage } from '../../engine/domain/alert-message.ts';
import { notifyFailure } from '../../engine/operations/notify-failure.ts';
import type { Alerting } from '../../engine/operations/tell.ts';

describe('the alert of a run that failed', () => {
  it('does not wait for a vault that says nothing', async () => {
    const said: AlertMessage[] = [];
    const alerting: Alerting = {
      notifiers: [{ channel: 'critical', deliver: async (message) => void said.push(message) }],
      memory: { recall: async () => ({}), remember: async () => undefined },
      coolDownSeconds: 60,
      origin: { project: 'ward', host: 'here', config: 'holdfast.yaml' },
    };
    const repository = new MemoryRepository();
    repository.list = async function* () {
      await new Promise(() => undefined);
    };
    const failures = [{ database: 'clinic', stage: 'backup' as const, error: { code: 'X', message: 'no' } }];
    const notice = { plan: 'nightly', execution: 'e', failures };
    const context = { repository, clock: { now: () => new Date() }, alerting, patienceMs: 20 };
    expect(await notifyFailure(context, notice)).toEqual({ problems: 1 });
    expect(said[0]?.text).toContain('what is still safe is not known: the vault did not answer in time');
  });
});
