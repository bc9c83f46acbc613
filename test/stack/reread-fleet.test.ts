import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { backupId } from '../../engine/domain/backup-id.ts';
import { LARGEST_FLEET } from '../../engine/domain/fleet.ts';
import { manifestKey, objectKey } from '../../engine/domain/key.ts';
import type { RereadInput } from '../../engine/domain/run-order.ts';
import { markName } from '../../engine/domain/set/mark-name.ts';
import { decideOutcome, MAX_ATTEMPTS } from '../../engine/domain/task-outcome.ts';
import { type StartedReread, startReread } from '../../engine/operations/verify/start-reread.ts';
import { EVENTS_OF_AN_ITERATION, eventsOn, walk } from '../fixtures/history-events.ts';
import { logicalManifest } from '../fixtures/manifests.ts';
import { exampleConfig, synthesize } from '../fixtures/stacks.ts';
import { type Machine, machineNamed } from '../fixtures/state-machine.ts';

/** AWS Step Functions Developer Guide, "Quotas". */
const [HISTORY, PAYLOAD] = [25_000, 256 * 1024];
const NIGHTS = 90;
const CONCURRENCY = 10;
const DAY_MS = 86_400_000;
const DUE = '2026-11-22T09:52:00Z';
const PLAN = 'p'.repeat(60);
const NAMES = Array.from(
  { length: LARGEST_FLEET },
  (_, index) => `${'d'.repeat(60)}${String(index).padStart(3, '0')}`,
);

/** Manifests and marks are all that start-run looks at. */
async function fleet(): Promise<MemoryRepository> {
  const repository = new MemoryRepository();
  const seal = { seal: 'x' };
  for (const database of NAMES)
    for (let night = 0; night < NIGHTS; night++) {
      const at = new Date(Date.parse(DUE) - (night + 1) * DAY_MS);
      const address = { plan: PLAN, database, id: backupId(at, '7f3a') };
      const manifest = { ...logicalManifest({ ...address, startedAt: at.toISOString() }), ...seal };
      await repository.put(manifestKey(address), Buffer.from(JSON.stringify(manifest)));
      const mark = night === 3 ? 'proven' : 'checked';
      await repository.put(objectKey(address, markName(mark, at)), Buffer.from('{}'));
    }
  return repository;
}

describe('the old sets of 200 databases, of which each has 90', () => {
  const inputs = new Map<string, string>();
  let repository: MemoryRepository;
  let started: StartedReread;

  const start = () =>
    startReread(
      {
        repository,
        starter: {
          start: async ({ name, input }) => {
            if (inputs.has(name)) return 'exists';
            inputs.set(name, input);
            return 'started';
          },
        },
        config: { project: 'clinic', databases: {} },
        concurrency: CONCURRENCY,
      },
      { operation: 'reread', scheduledFor: DUE },
    );
  const parts = () => [...inputs.values()].map((input) => JSON.parse(input) as RereadInput);

  beforeAll(async () => {
    repository = await fleet();
    started = await start();
  }, 60_000);

  it('are shared among executions that each hold 200 at most, every set in one of them', () => {
    const sets = parts().flatMap(({ databases }) =>
      databases.map(({ database, set }) => `${database}/${set}`),
    );
    expect(new Set(sets).size).toBe(sets.length);
    // The newest PROVEN set of each database, 600 of the others, and of those that are late one beside each and their own day.
    expect(sets.length).toBeGreaterThanOrEqual(800);
    for (const { databases } of parts()) expect(databases.length).toBeLessThanOrEqual(200);
    const newest = backupId(new Date(Date.parse(DUE) - 4 * DAY_MS), '7f3a');
    for (const name of NAMES) expect(sets).toContain(`${name}/${newest}`);
  });

  it('fit into one payload each, with the longest names, before and after each of them failed', () => {
    const message = 'ü'.repeat(2000);
    const error = { code: 'KEY_UNUSABLE', message };
    for (const input of parts()) {
      expect(Buffer.byteLength(JSON.stringify(input))).toBeLessThan(PAYLOAD);
      const end = {
        error: 'States.TaskFailed',
        taskArn: undefined,
        exitCode: 1,
        stopCode: undefined,
        reason: undefined,
        createdAt: undefined,
      };
      const outcome = decideOutcome(end, {
        attempt: 1,
        size: 'small',
        record: { status: 'failed', error },
      });
      const results = input.databases.map(({ plan, database, set }) => ({
        ...{ plan, database, set, status: 'failed', stage: 'reread' },
        error: { code: outcome.code, message: outcome.message },
      }));
      expect(Buffer.byteLength(JSON.stringify({ ...input, results }))).toBeGreaterThan(100_000);
      expect(Buffer.byteLength(JSON.stringify({ ...input, databases: results }))).toBeLessThan(
        PAYLOAD,
      );
    }
  });

  it('run as many at a time as the config allows, all executions together', () => {
    const atATime = parts().map(({ concurrency }) => concurrency);
    expect(Math.min(...atATime)).toBeGreaterThanOrEqual(1);
    expect(atATime.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(CONCURRENCY);
  });

  it('are named by their time, so that a second delivery starts none of them again', async () => {
    expect(started.executions.map(({ execution }) => execution)).toEqual(
      started.executions.map(
        (_, index) => `reread-20261122T095200Z${index === 0 ? '' : `-${index + 1}`}`,
      ),
    );
    expect(started.executions.every(({ isNew }) => isNew)).toBe(true);
    expect((await start()).executions.some(({ isNew }) => isNew)).toBe(false);
  });

  it('have jobs that name plan, database and id of each set, and never thaw one', () => {
    const [
      {
        databases: [item],
      } = { databases: [] },
    ] = parts();
    expect(JSON.parse(item?.job ?? '')).toEqual({
      ...{ operation: 'verify', plan: PLAN, database: item?.database, set: item?.set },
      ...{ scheduledFor: DUE, execution: 'reread-20261122T095200Z', inspectsCold: true },
    });
    expect(item?.size).toBe('small');
  });

  it('fit into the history of each execution, though every task is tried to the last', () => {
    const top = machineNamed(synthesize(exampleConfig()).Runner, 'holdfast-clinic-reread');
    const each = top.States[top.StartAt]?.ItemProcessor as Machine;
    const eventsOf = (tries: number) => {
      let tried = 0;
      const choose = (choice: string) => {
        if (choice.endsWith('which size?')) return 'Verify (large)';
        tried += 1;
        return tried < tries ? 'Verify: wait' : 'Done';
      };
      return EVENTS_OF_AN_ITERATION + eventsOn(each, walk(each, choose));
    };
    expect([eventsOf(1), eventsOf(MAX_ATTEMPTS)]).toEqual([19, 57]);
    expect(200 * eventsOf(MAX_ATTEMPTS) + 40).toBeLessThan(HISTORY);
  });
});

describe('an empty vault', () => {
  it('starts nothing', async () => {
    const starter = { start: () => Promise.reject(new Error('nothing is to be started')) };
    const options = {
      repository: new MemoryRepository(),
      ...{ starter, config: { project: 'clinic', databases: {} }, concurrency: 1 },
    };
    const order = { operation: 'reread', scheduledFor: DUE } as const;
    expect(await startReread(options, order)).toEqual({ executions: [] });
  });
});
