import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  PeriodOverride,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { METRIC, METRIC_DIMENSION, RUNBOOK } from '../../engine/contract.ts';
import type { Installation } from '../installation.ts';
import type { AlarmList } from './alarm-list.ts';
import { CHECK_PERIOD } from './plan-alarms.ts';

export interface RunnerDashboardProps {
  installation: Installation;
  namespace: string;
  alarms: AlarmList;
  machines: readonly StateMachine[];
  functions: readonly IFunction[];
}

const { plan: PLAN, database: DATABASE, operation: OPERATION } = METRIC_DIMENSION;
const FULL = 24;
const HALF = 12;

/** One page: what rings, how old, how large, how long, and whether the machinery runs. Searches, so that it does not grow with the fleet. */
export function runnerDashboard(scope: Construct, props: RunnerDashboardProps): Dashboard {
  const { installation, namespace, alarms } = props;
  const { project } = installation.config;
  const searching = (metric: string, ...dimensions: string[]) =>
    search(namespace, metric, dimensions);
  return new Dashboard(scope, 'Dashboard', {
    dashboardName: installation.names.of('backups'),
    periodOverride: PeriodOverride.INHERIT,
    widgets: [
      [
        new TextWidget({
          width: FULL,
          height: 2,
          markdown: `# Holdfast ${project}\nWhat to do about an alarm: ${RUNBOOK.page}`,
        }),
      ],
      [new AlarmStatusWidget({ width: FULL, height: 4, title: 'Alarms', alarms: alarms.all })],
      [
        graph('Age of the newest backup, oldest database of each plan (s)', [
          searching(METRIC.age, PLAN),
        ]),
        graph('Age of the newest proof, by database (s)', [searching(METRIC.provenAge, DATABASE)]),
      ],
      [
        graph('Stored (bytes)', [searching(METRIC.storedBytes, PLAN, DATABASE)]),
        graph('Duration (s)', [searching(METRIC.duration, OPERATION, PLAN, DATABASE)]),
      ],
      [
        graph('Rows', [searching(METRIC.rows, PLAN, DATABASE)]),
        graph('Dump (bytes/s)', [searching(METRIC.throughput, PLAN, DATABASE)]),
      ],
      machinery(props),
    ],
  });
}

function machinery({ machines, functions }: RunnerDashboardProps): IWidget[] {
  const period = Duration.hours(1);
  return [
    graph(
      'Runs',
      machines.flatMap((machine) => [
        machine.metricSucceeded({ period }),
        machine.metricFailed({ period }),
        machine.metricTimedOut({ period }),
      ]),
    ),
    graph(
      'Errors of functions',
      functions.map((one) => one.metricErrors({ period })),
    ),
  ];
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ width: HALF, height: 6, title, left });
}

/** Metrics with exactly these dimensions. */
function search(namespace: string, metric: string, dimensions: readonly string[]): IMetric {
  const schema = ['', ...dimensions].join(',');
  const expression = `SEARCH('{"${namespace}"${schema}} MetricName="${metric}"', 'Maximum', ${CHECK_PERIOD.toSeconds()})`;
  return new MathExpression({ expression, label: '', period: CHECK_PERIOD });
}
