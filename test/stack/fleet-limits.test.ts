import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../engine/adapters/system-clock.ts';
import { backupId } from '../../engine/domain/backup-id.ts';
import { LARGEST_FLEET } from '../../engine/domain/fleet.ts';
import type { RunInput } from '../../engine/domain/run-order.ts';
import { readTaskEnd } from '../../engine/domain/task-end.ts';
import { decideOutcome, MAX_ATTEMPTS } from '../../engine/domain/task-outcome.ts';
import { startRun } from '../../engine/operations/start-run.ts';
import type { Repository } from '../../engine/ports/repository.ts';
import { readDocument, sectionOf } from '../fixtures/document.ts';
import { EVENTS_OF_AN_ITERATION, eventsOn, walk } from '../fixtures/history-events.ts';
import { exampleConfig, synthesize } from '../fixtures/stacks.ts';
import { type Machine, machineNamed } from '../fixtures/state-machine.ts';

/** AWS Step Functions Developer Guide, "Quotas". */
const [HISTORY, PAYLOAD, PARALLEL] = [25_000, 256 * 1024, 40];

let each: Machine;
let top: Machine;
let limits: string;

beforeAll(async () => {
  top = machineNamed(synthesize(exampleConfig()).Runner, 'holdfast-clinic-run');
  each = top.States[top.StartAt]?.ItemProcessor as Machine;
  limits = sectionOf(await readDocument('docs/ARCHITECTURE.md'), '## Fleets');
});

/** Each task is tried so often, and then did its work. */
function eventsOf(tries: number): number {
  const tried: Record<string, number> = {};
  const choose = (choice: string) => {
    const stage = /^(Backup|Verify)/.exec(choice)?.[0] ?? '';
    if (choice.endsWith('which size?')) return `${stage} (large)`;
    tried[stage] = (tried[stage] ?? 0) + 1;
    if (tried[stage] < tries) return `${stage}: wait`;
    return stage === 'Backup' ? 'Then verify it' : 'Done';
  };
  return EVENTS_OF_AN_ITERATION + eventsOn(each, walk(each, choose));
}

/** Of the run itself, beside its databases: each state of the way, and the Map's own start. */
function eventsOfRun(): number {
  return (
    2 +
    3 +
    eventsOn(top, [
      { name: 'Look at all' },
      { name: 'Did any fail?' },
      { name: 'Tell' },
      { name: 'Failed' },
    ])
  );
}

const spoken = (count: number) => count.toLocaleString('en-US');

describe('the run of a plan of the largest fleet', () => {
  it('fits into the history that is kept of one execution, though every task is tried to the last', () => {
    const [good, bad] = [eventsOf(1), eventsOf(MAX_ATTEMPTS)];
    expect(LARGEST_FLEET * bad + eventsOfRun()).toBeLessThan(HISTORY);
    expect(limits).toContain(
      `| ${good} and ${bad} | ${spoken(LARGEST_FLEET * good)} and ${spoken(LARGEST_FLEET * bad)} |`,
    );
  });

  it('fits into one payload, with the longest names, whatever each database fails with', async () => {
    const names = Array.from(
      { length: LARGEST_FLEET },
      (_, index) => `${'d'.repeat(60)}${String(index).padStart(3, '0')}`,
    );
    const input = await inputOf('p'.repeat(60), names);
    const error = { code: 'CONNECTION_FAILED', message: 'ü'.repeat(2000) };
    const results = names.map((database) => failedResult(database, error));
    const sizes = [input.databases, results].map((databases) =>
      Buffer.byteLength(JSON.stringify({ ...input, databases })),
    );
    expect(Math.max(...sizes)).toBeLessThan(PAYLOAD);
    const kilobytes = sizes.map((bytes) => Math.ceil(bytes / 1000));
    expect(limits).toContain(`| ${kilobytes.join(' KB of jobs, then ')} KB of results |`);
  });

  it('never holds jobs and results in one payload', () => {
    expect(top.States[top.StartAt]).toMatchObject({
      Type: 'Map',
      ItemsPath: '$.databases',
      ResultPath: '$.databases',
    });
    expect(top.States['Look at all']?.Parameters).toMatchObject({ 'results.$': '$.databases' });
  });

  it('takes no more databases at a time than Step Functions do', () => {
    const wish = (concurrency: number) => exampleConfig(({ aws }) => (aws.tasks = { concurrency }));
    expect(() => wish(PARALLEL)).not.toThrow();
    expect(() => wish(PARALLEL + 1)).toThrow(/concurrency/);
  });
});

async function inputOf(plan: string, databases: string[]): Promise<RunInput> {
  const inputs: string[] = [];
  const start = async ({ input }: { input: string }) => {
    inputs.push(input);
    return 'started' as const;
  };
  const empty: Pick<Repository, 'list'> = { list: async function* () {} };
  const drill = { enabled: true };
  const config = {
    plans: { [plan]: { databases } },
    databases: Object.fromEntries(databases.map((name) => [name, { drill }])),
  };
  await startRun(
    { repository: empty as Repository, starter: { start }, clock: systemClock, config },
    { plan, scheduledFor: '2026-11-22T02:00:00Z' },
  );
  return JSON.parse(inputs[0] ?? '');
}

/** As "Backup failed" puts it together of what record-outcome answers. */
function failedResult(database: string, error: { code: string; message: string }): object {
  const task = { Containers: [{ ExitCode: 1 }], CreatedAt: Date.now() };
  const end = readTaskEnd({ caught: { Error: 'States.TaskFailed', Cause: JSON.stringify(task) } });
  const { code, message } = decideOutcome(end, {
    attempt: 1,
    size: 'small',
    record: { status: 'failed', error },
  });
  return {
    database,
    status: 'failed',
    stage: 'backup',
    error: { code, message },
    set: backupId(new Date(), '7f3a'),
  };
}
