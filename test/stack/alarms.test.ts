import { beforeAll, describe, expect, it } from 'vitest';
import { RUNBOOK } from '../../engine/contract.ts';
import { readDocument, sectionOf } from '../fixtures/document.ts';
import { exampleConfig, type Resource, resourcesOf, type SynthesizedStack, synthesize } from '../fixtures/stacks.ts';

const { page, ...HEADINGS } = RUNBOOK;
const ANCHORS: readonly string[] = Object.values(HEADINGS);

let runner: SynthesizedStack;
let alarms: Resource[];
let runbook: string;

beforeAll(async () => {
  runner = synthesize(exampleConfig()).Runner;
  alarms = [...resourcesOf(runner, 'AWS::CloudWatch::Alarm'), ...resourcesOf(runner, 'AWS::CloudWatch::CompositeAlarm')];
  runbook = await readDocument(page);
});

describe('the runbook', () => {
  it('has a heading for each anchor that an alert may name, and no other', () => {
    const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
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
    for (const [, anchor = ''] of runbook.matchAll(/\]\(#([^)]+)\)/g)) expect(ANCHORS).toContain(anchor);
  });
});

describe('an alarm', () => {
  it('says its severity, what happened and where the runbook goes on', () => {
    for (const { Properties } of alarms) {
      const [, anchor] = /^(?:CRITICAL|WARNING): .+\. What to do: docs\/RUNBOOK\.md#([\w-]+)$/.exec(Properties.AlarmDescription) ?? [];
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

  it('takes silence of whatever reports ages for bad news', () => {
    for (const { Properties } of alarms.filter(({ Properties: { MetricName } }) => ['AgeSeconds', 'Invocations'].includes(MetricName)))
      expect(Properties.TreatMissingData).toBe('breaching');
  });

  it('watches each scheduled plan of the vault by the oldest of its databases, and all of them ring as one', () => {
    const late = alarms.filter(({ Properties: { MetricName } }) => MetricName === 'AgeSeconds');
    expect(late.map(({ Properties }) => Properties.Dimensions[0].Value).toSorted()).toEqual(['archive', 'daily', 'monthly']);
    for (const { Properties } of late) expect(Properties).toMatchObject({ Statistic: 'Maximum', Namespace: 'Holdfast/clinic' });
    const daily = late.find(({ Properties }) => Properties.Dimensions[0].Value === 'daily');
    expect(daily?.Properties.Threshold).toBe(26 * 3600);
    const [composite] = resourcesOf(runner, 'AWS::CloudWatch::CompositeAlarm');
    expect(JSON.stringify(composite?.Properties.AlarmRule).match(/planarchivelate|plandailylate|planmonthlylate/g)).toHaveLength(3);
    expect(JSON.stringify(composite?.Properties.AlarmRule)).toMatch(/NOT.*checksilent/);
  });

  it('stands on the dashboard', () => {
    const [dashboard] = resourcesOf(runner, 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    const ids = Object.entries(runner.resources).filter(([, { Type }]) => /Alarm$/.test(Type));
    for (const [id] of ids) expect(body).toContain(id);
  });
});

describe('a rule', () => {
  it('watches keys and vault through CloudTrail, and leads to the runbook', () => {
    const told = resourcesOf(runner, 'AWS::Events::Rule').filter(({ Properties }) =>
      /CloudTrail/.test(JSON.stringify(Properties.EventPattern)),
    );
    expect(told).toHaveLength(2);
    for (const { Properties } of told) {
      const [, anchor] = /RUNBOOK\.md#([\w-]+)/.exec(JSON.stringify(Properties.Targets)) ?? [];
      expect(ANCHORS).toContain(anchor);
    }
    expect(JSON.stringify(told.map(({ Properties }) => Properties.EventPattern))).toContain('ScheduleKeyDeletion');
  });

  it('tells of runs that timed out, were aborted or failed untold, and of tasks that never started, but of none twice', () => {
    const patterns = resourcesOf(runner, 'AWS::Events::Rule').map(({ Properties }) => Properties.EventPattern);
    const ended = patterns.filter(({ source }) => source[0] === 'aws.states').map(({ detail }) => detail);
    expect(ended.flatMap(({ status }) => status).toSorted()).toEqual(['ABORTED', 'FAILED', 'TIMED_OUT']);
    expect(ended.find(({ status }) => status.includes('FAILED')).error).toEqual([{ 'anything-but': ['RunFailed'] }, { exists: false }]);
    const [task] = patterns.filter(({ source }) => source[0] === 'aws.ecs');
    expect(task.detail.stopCode).toEqual(['TaskFailedToStart']);
    expect(task.detail.startedBy).toEqual([{ 'anything-but': ['AWS Step Functions'] }, { exists: false }]);
  });
});

/** As GitHub makes anchors of headings. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}
