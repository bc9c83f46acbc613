import { beforeAll, describe, expect, it } from 'vitest';
import { RUNBOOK } from '../../engine/contract.ts';
import { anchorOf, readDocument, sectionOf } from '../fixtures/document.ts';
import {
  exampleConfig,
  type Resource,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

const { page, ...HEADINGS } = RUNBOOK;
const ANCHORS: readonly string[] = Object.values(HEADINGS);

let runner: SynthesizedStack;
let alarms: Resource[];
let runbook: string;

beforeAll(async () => {
  runner = synthesize(exampleConfig()).Runner;
  alarms = [
    ...resourcesOf(runner, 'AWS::CloudWatch::Alarm'),
    ...resourcesOf(runner, 'AWS::CloudWatch::CompositeAlarm'),
  ];
  runbook = await readDocument(page);
});

describe('the runbook', () => {
  it('has a heading for each anchor that an alert may name, and no other', () => {
    const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
      anchorOf(heading),
    );
    expect(headings.toSorted()).toEqual(ANCHORS.toSorted());
  });

  it('says under each heading what is still safe, and what to type', () => {
    for (const [, heading = ''] of runbook.matchAll(/^## (.+)$/gm)) {
      const section = sectionOf(runbook, `## ${heading}`);
      expect(section, heading).toMatch(/^Still safe: /m);
      expect(section, heading).toMatch(/^1\. /m);
      expect(section, heading).toMatch(/`[^`]+`/);
    }
  });

  it('names only links within itself that lead somewhere', () => {
    for (const [, anchor = ''] of runbook.matchAll(/\]\(#([^)]+)\)/g))
      expect(ANCHORS).toContain(anchor);
  });
});

describe('an alarm', () => {
  it('says its severity, what happened and where the runbook goes on', () => {
    for (const { Properties } of alarms) {
      const [, anchor] =
        /^(?:CRITICAL|WARNING): .+\. What to do: docs\/RUNBOOK\.md#([\w-]+)$/.exec(
          Properties.AlarmDescription,
        ) ?? [];
      expect(ANCHORS, Properties.AlarmName).toContain(anchor);
    }
  });

  it('tells the topic of its severity that it rings and that it is over, or is one of those that ring as one', () => {
    for (const { Type, Properties } of alarms) {
      const isOfPlan = /-plan-.+-late$/.test(Properties.AlarmName ?? Properties.CompositeAlarmName);
      if (isOfPlan) {
        expect(Properties.AlarmActions, Type).toBeUndefined();
        continue;
      }
      const [severity = ''] = Properties.AlarmDescription.split(':');
      expect(JSON.stringify(Properties.AlarmActions).toUpperCase()).toContain(`TOPICS${severity}`);
      expect(Properties.OKActions).toEqual(Properties.AlarmActions);
    }
  });

  it('wakes nobody for a call of a function that is tried again, but for what is left over when each try failed', () => {
    const severityOf = (name: string) =>
      alarms
        .find(({ Properties: { AlarmName } }) => AlarmName === `holdfast-clinic-${name}`)
        ?.Properties.AlarmDescription.split(':')[0];
    expect(severityOf('function-errors')).toBe('WARNING');
    for (const name of ['functions-dead', 'schedules-dead'])
      expect(severityOf(name), name).toBe('CRITICAL');
    for (const { Properties } of resourcesOf(runner, 'AWS::Lambda::Function'))
      expect(Properties.DeadLetterConfig).toBeDefined();
  });

  it('asks of each database the age of proof that its own config allows', () => {
    const differing = exampleConfig(({ databases }) => {
      databases.clinic.drill = { ...databases.clinic.drill, maxAge: '400d' };
    });
    const [unproven] = resourcesOf(synthesize(differing).Runner, 'AWS::CloudWatch::Alarm').filter(
      ({ Properties: { AlarmName } }) => AlarmName === 'holdfast-clinic-unproven',
    );
    expect(unproven?.Properties).toMatchObject({
      MetricName: 'UnprovenDatabases',
      Threshold: 0,
      Statistic: 'Maximum',
    });
    expect(unproven?.Properties.Dimensions).toBeUndefined();
  });

  it('takes silence of whatever reports ages for bad news', () => {
    for (const { Properties } of alarms.filter(({ Properties: { MetricName } }) =>
      ['AgeSeconds', 'Invocations'].includes(MetricName),
    ))
      expect(Properties.TreatMissingData).toBe('breaching');
  });

  it('rings when the ledger gets no entry for three hours: when nothing calls seal-ledger, and when its calls fail', () => {
    const [id] =
      Object.entries(runner.resources).find(
        ([, { Properties }]) => Properties?.FunctionName === 'holdfast-clinic-seal-ledger',
      ) ?? [];
    const ofFunction = [{ Name: 'FunctionName', Value: { Ref: id } }];
    const named = (name: string) =>
      alarms.find(({ Properties: { AlarmName } }) => AlarmName === `holdfast-clinic-${name}`)
        ?.Properties;
    expect(named('ledger-silent')).toMatchObject({
      ...{ MetricName: 'Invocations', Dimensions: ofFunction, Statistic: 'Sum', Threshold: 1 },
      ...{ Period: 3600, EvaluationPeriods: 3, ComparisonOperator: 'LessThanThreshold' },
      TreatMissingData: 'breaching',
    });
    const errors = named('function-errors')?.Metrics.map(
      ({ MetricStat }: { MetricStat?: { Metric: object } }) => MetricStat?.Metric,
    );
    expect(errors).toContainEqual(
      expect.objectContaining({ MetricName: 'Errors', Dimensions: ofFunction }),
    );
    const { TargetArn } = runner.resources[id ?? '']?.Properties.DeadLetterConfig ?? {};
    const [queue] = TargetArn['Fn::GetAtt'];
    expect(JSON.stringify(named('functions-dead')?.Dimensions)).toContain(queue);
  });

  it('rings for an hour without check at the third, before any age rings for want of data, and at once for what check found', () => {
    const periods = (name: string) => {
      const {
        Period,
        EvaluationPeriods,
        DatapointsToAlarm = EvaluationPeriods,
      } = alarms.find(({ Properties: { AlarmName } }) => AlarmName === `holdfast-clinic-${name}`)
        ?.Properties ?? {};
      return [Period, EvaluationPeriods, DatapointsToAlarm];
    };
    expect(periods('check-silent')).toEqual([3600, 3, 3]);
    expect(periods('plan-daily-late')).toEqual([3600, 4, 4]);
    for (const name of ['critical-findings', 'unread', 'unproven', 'critical-unheard'])
      expect(periods(name), name).toEqual([3600, 3, 1]);
  });

  it('watches each scheduled plan of the vault by the oldest of its databases, and all of them ring as one', () => {
    const late = alarms.filter(({ Properties: { MetricName } }) => MetricName === 'AgeSeconds');
    expect(late.map(({ Properties }) => Properties.Dimensions[0].Value).toSorted()).toEqual([
      'archive',
      'daily',
      'monthly',
      'servers',
    ]);
    for (const { Properties } of late)
      expect(Properties).toMatchObject({ Statistic: 'Maximum', Namespace: 'Holdfast/clinic' });
    const daily = late.find(({ Properties }) => Properties.Dimensions[0].Value === 'daily');
    expect(daily?.Properties.Threshold).toBe(26 * 3600);
    const [composite] = resourcesOf(runner, 'AWS::CloudWatch::CompositeAlarm');
    expect(
      JSON.stringify(composite?.Properties.AlarmRule).match(
        /planarchivelate|plandailylate|planmonthlylate|planserverslate/g,
      ),
    ).toHaveLength(4);
    expect(JSON.stringify(composite?.Properties.AlarmRule)).toMatch(/NOT.*checksilent/);
  });

  it('rings at the other topic when nobody listens to one', () => {
    const unheard = alarms
      .filter(({ Properties: { MetricName } }) => MetricName === 'Subscribers')
      .map(({ Properties }) => Properties);
    expect(unheard.map(({ Dimensions }) => Dimensions[0].Value).toSorted()).toEqual([
      'critical',
      'warning',
    ]);
    for (const { Dimensions, AlarmActions, Threshold, ComparisonOperator } of unheard) {
      expect({ Threshold, ComparisonOperator }).toEqual({
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
      });
      const other = Dimensions[0].Value === 'critical' ? 'TOPICSWARNING' : 'TOPICSCRITICAL';
      expect(JSON.stringify(AlarmActions).toUpperCase()).toContain(other);
    }
  });

  it('stands on the dashboard', () => {
    const [dashboard] = resourcesOf(runner, 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    const ids = Object.entries(runner.resources).filter(([, { Type }]) => /Alarm$/.test(Type));
    for (const [id] of ids) expect(body).toContain(id);
  });
});

describe('a rule', () => {
  it('watches keys, buckets and trails of both regions through CloudTrail, and leads to the runbook', () => {
    const heard = resourcesOf(runner, 'AWS::Events::Rule').filter(({ Properties }) =>
      /CloudTrail/.test(JSON.stringify(Properties.EventPattern)),
    );
    const told = heard.filter(
      ({ Properties }) => !/tellaccess/.test(JSON.stringify(Properties.Targets)),
    );
    expect(told).toHaveLength(8);
    // What is read is told by a function, which names the runbook itself.
    expect(heard).toHaveLength(12);
    for (const { Properties } of told) {
      const [, anchor] = /RUNBOOK\.md#([\w-]+)/.exec(JSON.stringify(Properties.Targets)) ?? [];
      expect(ANCHORS).toContain(anchor);
    }
  });

  it('tells of runs that timed out, were aborted or failed untold, and of tasks that never started, but of none twice', () => {
    const patterns = resourcesOf(runner, 'AWS::Events::Rule').map(
      ({ Properties }) => Properties.EventPattern,
    );
    const ended = patterns
      .filter(({ source }) => source[0] === 'aws.states')
      .map(({ detail }) => detail);
    expect(ended.flatMap(({ status }) => status).toSorted()).toEqual([
      'ABORTED',
      'FAILED',
      'TIMED_OUT',
    ]);
    expect(ended.find(({ status }) => status.includes('FAILED')).error).toEqual([
      { 'anything-but': ['RunFailed'] },
      { exists: false },
    ]);
    const [task] = patterns.filter(({ source }) => source[0] === 'aws.ecs');
    expect(task.detail.stopCode).toEqual(['TaskFailedToStart']);
    expect(task.detail.startedBy).toEqual([
      { 'anything-but': ['AWS Step Functions'] },
      { exists: false },
    ]);
  });
});
