import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeployedStack } from '../../demo/aws/deployed-stack.ts';
import { deployLocally, LOCAL, writeLocalConfig } from '../../demo/aws/local-deployment.ts';
import { LARGEST_FLEET } from '../../engine/domain/fleet.ts';
import { LocalStack } from '../../setup/local-stack.ts';
import { ROOT } from '../fixtures/document.ts';
import { FLEET_FAILURES } from '../fixtures/fleet-failures.ts';

const LONG = 900_000;
const FLEET = Array.from(
  { length: LARGEST_FLEET },
  (_, index) => `ward-${String(index).padStart(3, '0')}`,
);
const FAILING = Object.keys(FLEET_FAILURES);
const PLANS = { nightly: { schedule: '0 2 * * *', keep: '90d' } };

interface Finding {
  verdict: string;
  severity: string;
  database: string;
}

/** Deploying, state machine, functions, topic and vault are the real ones in the local AWS; of the tasks only what they leave is. */
describe('a fleet of 200 databases in one plan, of which three fail, with a stand-in for each task', () => {
  let stack: LocalStack;
  let folder: string;
  let deployed: DeployedStack;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-fleet-'));
    stack = await LocalStack.start({
      regions: [LOCAL.region, LOCAL.replica],
      retrySeconds: 1,
      programs: {
        [LOCAL.container]: [process.execPath, join(ROOT, 'test/fixtures/fleet-task.ts')],
      },
      environment: { NODE_COMPILE_CACHE: join(folder, 'compiled') },
    });
    const databases = Object.fromEntries(
      FLEET.map((name) => [name, { secret: `fleet/${name}`, region: LOCAL.region }]),
    );
    await writeLocalConfig(folder, { network: await stack.network(), databases, plans: PLANS });
    const parts = await deployLocally(stack, { HOLDFAST_CONFIG: join(folder, 'holdfast.yaml') });
    deployed = new DeployedStack({ ...parts, pollMs: 1000 });
  }, LONG);
  afterAll(async () => {
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'is one execution with one alert that lists three, and 197 are fresh when they are checked',
    async () => {
      const execution = await deployed.comesTime('nightly');
      expect(await deployed.ended(execution)).toMatchObject({
        status: 'FAILED',
        error: 'RunFailed',
      });
      const stateMachineArn = deployed.output('RunMachine');
      const { executions } = await stack.call<{ executions: { name: string }[] }>(
        'stepfunctions',
        'ListExecutions',
        { stateMachineArn },
      );
      expect(executions.map(({ name }) => name)).toEqual([execution]);

      const [page, ...more] = await deployed.pages();
      expect(more).toEqual([]);
      const told = JSON.parse(page?.text ?? '{}') as { alerts: { key: string }[] };
      expect(told.alerts.map(({ key }) => key).toSorted(), page?.text).toEqual(
        FAILING.map((name) => `run/${FLEET_FAILURES[name]?.stage}/nightly/${name}`).toSorted(),
      );

      const { findings } = await deployed.invoke<{ findings: Finding[] }>('check', {});
      const fresh = findings.filter(
        ({ verdict, severity }) => verdict === 'fresh' && severity === 'ok',
      );
      expect(fresh.map(({ database }) => database)).toEqual(
        FLEET.filter((name) => !FAILING.includes(name)),
      );
      const checked = (await deployed.objectsOf('nightly')).filter((key) => /\/checked-/.test(key));
      expect(checked).toHaveLength(FLEET.length - FAILING.length);
    },
    LONG,
  );

  it('writes as many events into the history of its execution as docs/ARCHITECTURE.md counts', async () => {
    const [execution] = (
      await stack.call<{ executions: { executionArn: string }[] }>(
        'stepfunctions',
        'ListExecutions',
        {
          stateMachineArn: deployed.output('RunMachine'),
        },
      )
    ).executions;
    const wish = { executionArn: execution?.executionArn };
    const { events } = await stack.call<{ events: unknown[] }>(
      'stepfunctions',
      'GetExecutionHistory',
      wish,
    );
    expect(events.length / FLEET.length).toBeGreaterThan(35);
    expect(events.length / FLEET.length).toBeLessThan(37);
  });
});
