import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestFor, runTaskRequests } from '../../engine/domain/run-task-request.ts';
import { kindOfJob, stackNames } from '../../engine/domain/stack-names.ts';
import { TaskLines } from '../../engine/domain/task-line.ts';
import { testAlert } from '../../engine/domain/test-alert.ts';
import { Names } from '../../lib/names.ts';

const PARAMETERS = {
  Cluster: 'arn:aws:ecs:eu-central-1:123456789012:cluster/holdfast-clinic-tasks',
  TaskDefinition:
    'arn:aws:ecs:eu-central-1:123456789012:task-definition/holdfast-clinic-drill-large:7',
  CapacityProviderStrategy: [{ 'CapacityProvider.$': '$.capacity', Weight: 1 }],
  NetworkConfiguration: {
    AwsvpcConfiguration: { Subnets: ['subnet-1'], AssignPublicIp: 'DISABLED' },
  },
  VolumeConfigurations: [
    { Name: 'scratch', ManagedEBSVolume: { SizeInGiB: 2048, KmsKeyId: 'key' } },
  ],
  Overrides: { ContainerOverrides: [{ Environment: [{ 'Value.$': '$.job' }] }] },
};
const STATE = {
  Type: 'Task',
  Resource: 'arn:aws:states:::ecs:runTask.sync',
  Parameters: PARAMETERS,
};
const OTHER = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: 'check' },
};
const DEFINITION = JSON.stringify({
  States: { Each: { ItemProcessor: { States: { 'Drill (large)': STATE, Record: OTHER } } } },
});

describe('how a state machine starts tasks', () => {
  it('is found within a Map, in the spelling of the SDK, without the job and never on Spot', () => {
    expect([...runTaskRequests(DEFINITION)]).toEqual([
      [
        'holdfast-clinic-drill-large',
        {
          cluster: PARAMETERS.Cluster,
          taskDefinition: PARAMETERS.TaskDefinition,
          launchType: 'FARGATE',
          networkConfiguration: {
            awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'DISABLED' },
          },
          volumeConfigurations: [
            { name: 'scratch', managedEBSVolume: { sizeInGiB: 2048, kmsKeyId: 'key' } },
          ],
        },
      ],
    ]);
  });

  it('serves another task definition', () => {
    const [request] = runTaskRequests(DEFINITION).values();
    const other = requestFor(
      request as NonNullable<typeof request>,
      'holdfast-clinic-restore-small',
    );
    expect(other).toMatchObject({
      taskDefinition: 'holdfast-clinic-restore-small',
      launchType: 'FARGATE',
      cluster: PARAMETERS.Cluster,
    });
  });
});

describe('the task of a job', () => {
  it('is of the kind of its operation, but that of a drill on a named server is one that restores', () => {
    expect(kindOfJob({ operation: 'drill' })).toBe('drill');
    expect(kindOfJob({ operation: 'drill', options: { tester: 'A. Lee' } })).toBe('drill');
    expect(kindOfJob({ operation: 'drill', options: { on: 'spare' } })).toBe('restore');
    expect(kindOfJob({ operation: 'check' })).toBe('verify');
  });
});

describe('names in a deployed stack', () => {
  it.each(['clinic', 'Ward-7'])('are those that the stack of %s gives', (project) => {
    const names = new Names({ project, bucket: 'vault' });
    const known = stackNames(project);
    expect(known).toMatchObject({
      runMachine: names.of('run'),
      drillMachine: names.of('drills'),
      topics: { critical: names.of('critical'), warning: names.of('warning') },
      taskLog: `${names.logGroups}/tasks`,
    });
    expect(known.familyOf('restore', 'large')).toBe(names.of('restore-large'));
  });
});

describe('the log of a task', () => {
  const result = { type: 'result', result: { tables: ['a', '{"b"}', 'c'] } };
  const text = JSON.stringify(result);

  it('is read whole, wherever a long line was cut, with what is not ours around it', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 4 }),
        (cuts) => {
          const at = [0, ...cuts.toSorted((one, other) => one - other), text.length];
          const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
          const lines = new TaskLines();
          const metrics = JSON.stringify({ _aws: {}, AgeSeconds: 1 });
          const read = ['Starting', metrics, ...pieces, metrics, 'end'].map((event) =>
            lines.read(event),
          );
          expect(read.filter((line) => line !== undefined)).toEqual([result]);
        },
      ),
      // The object within, cut off at its very ends.
      { examples: [[[text.indexOf('{"tables'), text.length - 1]]], numRuns: 1_000 },
    );
  });

  it('goes on after a line that never ended', () => {
    const lines = new TaskLines();
    expect(lines.read('{"type":"resul')).toBeUndefined();
    expect(lines.read('{"type":"note","text":"on"}')).toEqual({ type: 'note', text: 'on' });
    expect(lines.read(text)).toEqual(result);
  });
});

describe('a test of the alerts', () => {
  it('says first that nothing is wrong, and has the severity by which subscriptions filter', () => {
    const at = new Date('2026-11-23T04:00:00Z');
    const options = {
      project: 'clinic',
      region: 'eu-central-1',
      config: 'holdfast.yaml',
      by: 'ann@desk',
      at,
    };
    const { subject, severity, text } = testAlert({ topic: 'warning', ...options });
    expect({ subject, severity }).toEqual({
      subject: '[holdfast clinic] WARNING TEST: nothing is wrong',
      severity: 'warning',
    });
    expect(text).toContain('ann@desk');
  });
});
