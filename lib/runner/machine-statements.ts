import { Aws } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { TASK_SIZES } from '../../engine/contract.ts';
import type { TaskPlace } from './run-task.ts';
import { allow } from './statements.ts';
import { bringsVolume } from './task-definitions.ts';
import type { TaskKind } from './task-roles.ts';

export interface MachineStatementsProps {
  place: TaskPlace;
  kinds: readonly TaskKind[];
  /** Roles of its tasks. */
  roleArns: readonly string[];
  /** Functions that it calls. */
  functionArns: readonly string[];
}

/** What a state machine may: run its own tasks, as their own roles, and call its own functions. */
export function machineStatements({
  place,
  kinds,
  roleArns,
  functionArns,
}: MachineStatementsProps): PolicyStatement[] {
  const { cluster, definitions, volumes } = place;
  const families = kinds.flatMap((kind) =>
    TASK_SIZES.map((size) => anyRevision(definitions.of(kind, size).family)),
  );
  const brings = kinds.some((kind) => TASK_SIZES.some((size) => bringsVolume(kind, size)));
  const inCluster = { ArnEquals: { 'ecs:cluster': cluster.clusterArn } };
  return [
    allow(['ecs:RunTask'], families, inCluster),
    allow(
      ['ecs:StopTask', 'ecs:DescribeTasks'],
      [regional('ecs', `task/${cluster.clusterName}/*`)],
      inCluster,
    ),
    allow(
      ['iam:PassRole'],
      [...roleArns, definitions.executionRole.roleArn],
      passedTo('ecs-tasks.amazonaws.com'),
    ),
    ...(brings ? [allow(['iam:PassRole'], [volumes.roleArn], passedTo('ecs.amazonaws.com'))] : []),
    allow(
      ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      [regional('events', 'rule/StepFunctionsGetEventsForECSTaskRule')],
    ),
    allow(['lambda:InvokeFunction'], [...functionArns]),
    allow(LOG_DELIVERY, ['*']),
    allow(
      [
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
        'xray:GetSamplingRules',
        'xray:GetSamplingTargets',
      ],
      ['*'],
    ),
  ];
}

/** A family is run in its newest revision. */
function anyRevision(family: string): string {
  return regional('ecs', `task-definition/${family}:*`);
}

function passedTo(service: string): Record<string, Record<string, unknown>> {
  return { StringEquals: { 'iam:PassedToService': service } };
}

function regional(service: string, resource: string): string {
  return `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
}

/** Step Functions' way into CloudWatch Logs; AWS has no narrower one. */
const LOG_DELIVERY = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];
