import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeployedClinic } from '../../demo/aws/deployed-clinic.ts';
import { type HoldingRelay, startHoldingRelay } from '../fixtures/holding-relay.ts';

const LONG = 300_000;
/** What ECS says of a task that Fargate Spot takes away. */
const TAKEN_AWAY = 'Your Spot Task was interrupted.';
const HOLD_AFTER_BYTES = 500_000;

describe('a backup on Fargate Spot, as a real task in a stack deployed into a local AWS', () => {
  let deployed: DeployedClinic;
  const relays: HoldingRelay[] = [];

  beforeAll(async () => {
    const options = { signal: new AbortController().signal, say: () => undefined, vitals: 30_000 };
    deployed = await DeployedClinic.start({ ...options, tasks: { spot: true } });
  }, LONG);
  afterAll(async () => {
    for (const relay of relays) relay.stop();
    await deployed?.stop();
  });

  const call = <Answer>(service: string, operation: string, input: object) =>
    deployed.stack.call<Answer>(service, operation, input);
  const relay = async () => {
    const made = await startHoldingRelay({
      to: deployed.clinic.port,
      holdAfterBytes: HOLD_AFTER_BYTES,
    });
    relays.push(made);
    return made;
  };
  const cluster = () => deployed.output('Cluster');
  const takeAway = async () => {
    const { taskArns } = await call<{ taskArns: string[] }>('ecs', 'ListTasks', {
      cluster: cluster(),
      desiredStatus: 'RUNNING',
    });
    expect(taskArns).toHaveLength(1);
    for (const task of taskArns)
      await call('ecs', 'StopTask', { cluster: cluster(), task, reason: TAKEN_AWAY });
  };

  it(
    'that is taken away twice in the midst of its dump leaves nothing, and is done the third time on capacity that lasts',
    async () => {
      const [first, second] = [await relay(), await relay()];
      await deployed.moveTo(first.port);
      const execution = await deployed.comesTime('nightly');
      await first.held;
      await deployed.moveTo(second.port);
      await takeAway();
      await second.held;
      await deployed.moveTo(deployed.clinic.port);
      await takeAway();
      expect(await deployed.ended(execution)).toMatchObject({
        status: 'SUCCEEDED',
        output: { results: [{ status: 'done' }] },
      });
      expect(await ends()).toEqual([
        ['SpotInterruption', 75],
        ['SpotInterruption', 75],
        ['EssentialContainerExited', 0],
        ['EssentialContainerExited', 0],
      ]);
      expect(await capacities(execution)).toEqual([
        'FARGATE_SPOT',
        'FARGATE_SPOT',
        'FARGATE',
        undefined,
      ]);
      const manifests = (await deployed.objectsOf('nightly')).filter((key) =>
        key.endsWith('/manifest.json'),
      );
      expect(manifests).toHaveLength(1);
      const sets = new Set((await deployed.objectsOf('nightly')).map((key) => key.split('/')[2]));
      expect(sets.size).toBe(1);
      const { Uploads = [] } = await call<{ Uploads?: unknown[] }>('s3', 'ListMultipartUploads', {
        Bucket: deployed.bucket,
      });
      expect(Uploads).toEqual([]);
      expect(await deployed.pages()).toEqual([]);
    },
    LONG,
  );

  /** In the order in which they were started. */
  async function ends(): Promise<[string, number][]> {
    const { taskArns } = await call<{ taskArns: string[] }>('ecs', 'ListTasks', {
      cluster: cluster(),
      desiredStatus: 'STOPPED',
    });
    const { tasks } = await call<{
      tasks: { stopCode: string; createdAt: string; containers: { exitCode: number }[] }[];
    }>('ecs', 'DescribeTasks', { cluster: cluster(), tasks: taskArns });
    const sorted = tasks.toSorted(
      (one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt),
    );
    return sorted.map(({ stopCode, containers }) => [
      stopCode,
      containers[0]?.exitCode ?? Number.NaN,
    ]);
  }

  /** What each task was asked to run on: Spot, lasting capacity, or undefined where there is no choice. */
  async function capacities(execution: string): Promise<(string | undefined)[]> {
    const wish = { executionArn: deployed.executionArn(execution) };
    const { events } = await call<{ events: ScheduledEvent[] }>(
      'stepfunctions',
      'GetExecutionHistory',
      wish,
    );
    const scheduled = events.flatMap(({ taskScheduledEventDetails: details }) =>
      details?.resourceType === 'ecs' ? [details] : [],
    );
    return scheduled.map(
      ({ parameters }) => JSON.parse(parameters).CapacityProviderStrategy?.[0]?.CapacityProvider,
    );
  }
});

interface ScheduledEvent {
  taskScheduledEventDetails?: { resourceType: string; parameters: string };
}
