import { beforeAll, describe, expect, it } from 'vitest';
import { RUN_FAILED, STACK_ENV } from '../../engine/contract.ts';
import { CAPACITY } from '../../engine/domain/task-outcome.ts';
import { TASK_RESOURCES } from '../../engine/domain/task-size.ts';
import type { PolicyStatement } from '../fixtures/policy-evaluator.ts';
import {
  exampleConfig,
  type Resource,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';
import {
  everyState,
  type Machine,
  machineNamed,
  reachable,
  type State,
} from '../fixtures/state-machine.ts';

let runner: SynthesizedStack;
let machines: Record<'run' | 'drill' | 'reread', Machine>;

beforeAll(() => {
  runner = synthesize(exampleConfig()).Runner;
  machines = {
    run: machineNamed(runner, 'holdfast-clinic-run'),
    drill: machineNamed(runner, 'holdfast-clinic-drills'),
    reread: machineNamed(runner, 'holdfast-clinic-reread'),
  };
});

describe.each(['run', 'drill', 'reread'] as const)('the state machine %s', (name) => {
  it('leads to each of its states, and from each of them to an end', () => {
    for (const level of levelsOf(machines[name])) {
      expect([...reachable(level)].toSorted()).toEqual(Object.keys(level.States).toSorted());
      for (const state of Object.keys(level.States))
        expect(endsOf(level, state).length, state).toBeGreaterThan(0);
    }
  });

  it('limits the time of every task', () => {
    for (const [state, { Type, TimeoutSeconds }] of everyState(machines[name]))
      if (Type === 'Task') expect(TimeoutSeconds, state).toBeGreaterThan(0);
  });

  it('catches whatever a task fails with, so that one database never ends the run of the others', () => {
    for (const [state, { Type, Catch = [] }] of everyState(machines[name]))
      if (Type === 'Task')
        expect(
          Catch.map(({ ErrorEquals }) => ErrorEquals),
          state,
        ).toEqual([['States.ALL']]);
    for (const [state, { Type }] of everyState(itemsOf(machines[name])))
      expect(Type, state).not.toBe('Fail');
  });

  it('tries a function again that was busy or failed, so that a hiccup makes no failure of a good backup', () => {
    const functions = [...everyState(machines[name])].filter(([, { Resource }]) =>
      /lambda:invoke$/.test(Resource ?? ''),
    );
    expect(functions.map(([state]) => state)).toEqual(
      expect.arrayContaining(['Tell', 'Tell what is well again']),
    );
    for (const [state, { Retry = [] }] of functions) {
      const retrier = Retry.find(({ ErrorEquals }) =>
        ErrorEquals.includes('Lambda.TooManyRequestsException'),
      );
      expect(retrier?.ErrorEquals, state).toContain('States.TaskFailed');
      expect(retrier).toMatchObject({ MaxAttempts: 6, JitterStrategy: 'FULL' });
    }
  });

  it('starts each size of task on its own definition, with its job as the only thing that it overrides', () => {
    for (const [state, { Parameters, TimeoutSeconds }] of tasksOf(machines[name])) {
      const [, kind = '', size = ''] = /^(\w+) \((\w+)\)$/.exec(state) ?? [];
      const { TaskDefinition, Overrides } = Parameters as {
        TaskDefinition: string;
        Overrides: { ContainerOverrides: unknown };
      };
      expect(TaskDefinition).toBe(`holdfast-clinic-${kind.toLowerCase()}-${size}`);
      expect(Overrides.ContainerOverrides).toEqual([
        { Name: 'holdfast', Environment: [{ Name: STACK_ENV.job, 'Value.$': '$.job' }] },
      ]);
      expect(TimeoutSeconds).toBeGreaterThanOrEqual(TASK_RESOURCES[size as 'small'].hours * 3600);
    }
  });

  it('uses JSONPath alone', () => {
    expect(JSON.stringify(machines[name])).not.toMatch(/QueryLanguage|\{%/);
  });

  it('ends as failed when a database did, after it was told', () => {
    const top = machines[name].States;
    const [{ Next: tell = '' } = {}] = top['Did any fail?']?.Choices ?? [];
    expect(top[tell]).toMatchObject({ Type: 'Task', Next: 'Failed' });
    expect(top.Failed).toMatchObject({ Type: 'Fail', Error: RUN_FAILED });
    const untold = top[top[tell]?.Catch?.[0]?.Next ?? ''];
    expect(untold).toMatchObject({ Type: 'Fail' });
    expect(untold?.Error).not.toBe(RUN_FAILED);
  });

  it('tells also when all went well what it mended, and is done whether that could be told or not', () => {
    const top = machines[name].States;
    const well = top[top['Did any fail?']?.Default ?? ''];
    expect(well).toMatchObject({
      Type: 'Task',
      Next: 'All done',
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'All done' }],
    });
    expect(top['All done']).toMatchObject({ Type: 'Succeed' });
    const results = JSON.stringify(well?.Parameters);
    expect(results).toContain('"results.$":"$.results"');
    expect(JSON.stringify(top.Tell?.Parameters)).toBe(results);
  });
});

describe('a run', () => {
  it('takes as many databases at a time as the config says', () => {
    const { States, StartAt } = machineNamed(
      synthesize(exampleConfig(({ aws }) => (aws.tasks = { concurrency: 3 }))).Runner,
      'holdfast-clinic-run',
    );
    expect(States[StartAt]).toMatchObject({ Type: 'Map', MaxConcurrency: 3 });
  });

  it('verifies what it backed up, by a task of another role', () => {
    const kinds = [...tasksOf(machines.run)].map(([, { Parameters }]) => {
      const { TaskRoleArn } = definitionOf(
        (Parameters as { TaskDefinition: string }).TaskDefinition,
      );
      return runner.resources[TaskRoleArn['Fn::GetAtt'][0]]?.Properties.RoleName;
    });
    expect(new Set(kinds)).toEqual(new Set(['holdfast-clinic-backup', 'holdfast-clinic-verify']));
    expect(waysFrom(itemsOf(machines.run), 'Backup: verdict')).toContain('Verify (small)');
  });

  it('gives a backup the time that it may stand behind another plan', () => {
    const [, small] = [...tasksOf(machines.run)].find(([name]) => name === 'Backup (small)') ?? [];
    expect(small?.TimeoutSeconds).toBe(TASK_RESOURCES.small.hours * 3600 + 6 * 3600);
  });

  it('goes on as record-outcome says: done, once more, skipped, and anything else is failed', () => {
    const { States } = itemsOf(machines.run);
    const choices = States['Backup: verdict']?.Choices as {
      StringEquals?: string;
      Or?: { StringEquals: string }[];
      Next: string;
    }[];
    const said = choices.map(({ StringEquals, Or, Next }) => [
      StringEquals ?? Or?.map((one) => one.StringEquals),
      Next,
    ]);
    expect(said).toEqual([
      ['done', 'Then verify it'],
      [['retry', 'bigger'], 'Backup: wait'],
      ['skipped', 'Backup skipped'],
    ]);
    expect(States['Backup: verdict']?.Default).toBe('Backup failed');
    expect(waysFrom(itemsOf(machines.run), 'Backup: wait')).toContain('Backup (large)');
  });

  it('begins on Spot only what may be begun again, only where the config says so, and the last time on what lasts', () => {
    const onSpot = machineNamed(
      synthesize(exampleConfig(({ aws }) => (aws.tasks = { spot: true }))).Runner,
      'holdfast-clinic-run',
    );
    const strategies = (machine: Machine) =>
      [...tasksOf(machine)].flatMap(([name, { Parameters }]) => {
        const { CapacityProviderStrategy, LaunchType } = Parameters as Record<string, unknown>;
        expect(
          [CapacityProviderStrategy, LaunchType].filter((one) => one !== undefined),
        ).toHaveLength(1);
        return CapacityProviderStrategy === undefined ? [] : [[name, CapacityProviderStrategy]];
      });
    expect(strategies(machines.run)).toEqual([]);
    const asItSays = [{ 'CapacityProvider.$': '$.capacity', Weight: 1 }];
    expect(strategies(onSpot)).toEqual(
      ['small', 'medium', 'large'].map((size) => [`Backup (${size})`, asItSays]),
    );
    expect(onSpot.States[onSpot.StartAt]?.ItemSelector).toMatchObject({ capacity: CAPACITY.spot });
    expect(itemsOf(onSpot).States['Backup: again']?.Parameters).toMatchObject({
      'capacity.$': '$.recorded.Payload.capacity',
    });
  });

  it('gives a task that is told to stop as long as Fargate Spot does', () => {
    for (const { Properties } of resourcesOf(runner, 'AWS::ECS::TaskDefinition'))
      expect(Properties.ContainerDefinitions).toMatchObject([{ StopTimeout: 120 }]);
  });
});

describe('a run of databases that are drilled after each backup', () => {
  let drilling: SynthesizedStack;
  let machine: Machine;
  beforeAll(() => {
    drilling = synthesize(
      exampleConfig(({ databases }) => {
        for (const database of Object.values(databases)) database.drill = { after: 'backup' };
      }),
    ).Runner;
    machine = machineNamed(drilling, 'holdfast-clinic-run');
  });

  it('drills a set behind its verification where record-outcome says so, and else ends', () => {
    const items = itemsOf(machine);
    expect([...reachable(items)].toSorted()).toEqual(Object.keys(items.States).toSorted());
    const question = items.States['Is it drilled?'];
    expect(items.States['Verify: verdict']?.Choices?.[0]?.Next).toBe('Is it drilled?');
    expect(question).toMatchObject({
      Default: 'Done',
      Choices: [
        {
          And: [
            { Variable: '$.recorded.Payload.drillJob', IsPresent: true },
            { Variable: '$.recorded.Payload.drillJob', IsString: true },
          ],
          Next: 'Then drill it',
        },
      ],
    });
    expect(items.States['Then drill it']?.Parameters).toMatchObject({
      'job.$': '$.recorded.Payload.drillJob',
      'size.$': '$.recorded.Payload.drillSize',
      attempt: 1,
    });
    expect(waysFrom(items, 'Is it drilled?')).toContain('Drill (large)');
    expect(items.States['Drill failed']?.Parameters).toMatchObject({
      status: 'failed',
      stage: 'drill',
    });
    expect(items.States['Drill: verdict']?.Choices?.[0]?.Next).toBe('Drilled');
    expect(items.States.Drilled?.Parameters).toMatchObject({ status: 'done', drilled: true });
  });

  it('starts those drills as the drills of each month are started', () => {
    const own = new Map(tasksOf(machine));
    for (const [name, { Parameters }] of tasksOf(machines.drill))
      expect(own.get(name)?.Parameters).toEqual(Parameters);
  });

  it('may pass the role of drills, which no other run may', () => {
    const passing = (stack: SynthesizedStack) => {
      const [role = ''] =
        Object.entries(stack.resources).find(
          ([, { Properties }]) => Properties?.RoleName === 'holdfast-clinic-drill',
        ) ?? [];
      return resourcesOf(stack, 'AWS::IAM::ManagedPolicy')
        .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as PolicyStatement[])
        .filter(({ Action }) => [Action].flat().includes('iam:PassRole'))
        .filter((statement) => JSON.stringify(statement).includes(`"${role}"`)).length;
    };
    expect([passing(runner), passing(drilling)]).toEqual([1, 2]);
  });
});

describe('a drill', () => {
  it('brings a volume along where Fargate has too little disk, which goes with the task', () => {
    const volumes = [...tasksOf(machines.drill)].map(([name, { Parameters }]) => [
      name,
      (Parameters as { VolumeConfigurations?: unknown }).VolumeConfigurations,
    ]);
    const large = Object.fromEntries(volumes)['Drill (large)'];
    expect(volumes.filter(([, volume]) => volume !== undefined)).toHaveLength(1);
    expect(large[0].ManagedEBSVolume).toMatchObject({
      SizeInGiB: 2048,
      Encrypted: true,
      TerminationPolicy: { DeleteOnTermination: true },
    });
  });

  it('runs in a security group that reaches no database', () => {
    const groups = [...tasksOf(machines.drill)].map(([, { Parameters }]) =>
      JSON.stringify((Parameters as { NetworkConfiguration: unknown }).NetworkConfiguration),
    );
    const [id = ''] =
      Object.entries(runner.resources).find(([, { Properties }]) =>
        /which see no database/.test(Properties?.GroupDescription),
      ) ?? [];
    for (const group of groups) expect(group).toContain(id);
    expect(runner.resources[id]?.Properties.SecurityGroupEgress).toMatchObject([
      { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 },
    ]);
  });
});

describe('the reading of old sets', () => {
  it('verifies one set after the other by the task that verifies new ones, and begins with no backup', () => {
    expect([...tasksOf(machines.reread)].map(([name]) => name)).toEqual([
      'Verify (small)',
      'Verify (medium)',
      'Verify (large)',
    ]);
    const { StartAt, States } = machines.reread;
    expect(States[StartAt]).toMatchObject({ Type: 'Map', MaxConcurrencyPath: '$.concurrency' });
    expect(States[StartAt]?.ItemSelector).toMatchObject({
      'plan.$': '$$.Map.Item.Value.plan',
      'set.$': '$$.Map.Item.Value.set',
    });
  });

  it('names plan and set in whatever becomes of a set, and itself in what it tells', () => {
    const { States } = itemsOf(machines.reread);
    const results = Object.values(States).filter(
      ({ Parameters }) => (Parameters as { status?: string } | undefined)?.status !== undefined,
    );
    expect(results.length).toBeGreaterThan(4);
    for (const { Parameters } of results)
      expect(Parameters).toMatchObject({ 'plan.$': '$.plan', 'set.$': '$.set' });
    const outcome = JSON.stringify(States['Verify: what came of it']?.Parameters);
    expect(outcome).toContain('"stage":"reread"');
    expect(States['Verify: again']?.Parameters).toMatchObject({ 'set.$': '$.set' });
    for (const name of ['Tell', 'Tell what is well again'])
      expect(JSON.stringify(machines.reread.States[name]?.Parameters)).toContain(
        '"operation":"reread"',
      );
  });
});

function definitionOf(family: string): Resource['Properties'] {
  const found = resourcesOf(runner, 'AWS::ECS::TaskDefinition').find(
    ({ Properties }) => Properties.Family === family,
  );
  if (found === undefined) throw new Error(`there is no task definition ${family}`);
  return found.Properties;
}

/** The machine and what its Map holds. */
function levelsOf(machine: Machine): Machine[] {
  return [machine, itemsOf(machine)];
}

function itemsOf({ StartAt, States }: Machine): Machine {
  const { ItemProcessor } = States[StartAt] ?? {};
  if (ItemProcessor === undefined) throw new Error('the machine does not begin with a Map');
  return ItemProcessor;
}

function* tasksOf(machine: Machine): Generator<[string, State]> {
  for (const [name, state] of everyState(machine))
    if (/ecs:runTask\.sync$/.test(state.Resource ?? '')) yield [name, state];
}

function waysFrom({ States }: Machine, StartAt: string): string[] {
  return [...reachable({ StartAt, States })];
}

function endsOf(level: Machine, from: string): string[] {
  return waysFrom(level, from).filter((name) => {
    const { End, Type } = level.States[name] as State;
    return End === true || Type === 'Succeed' || Type === 'Fail';
  });
}
