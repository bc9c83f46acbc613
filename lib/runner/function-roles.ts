import { Aws } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { regionOfAddress } from '../../engine/domain/stack-addresses.ts';
import type { Installation } from '../installation.ts';
import { MACHINES } from './run-machines.ts';
import { allow } from './statements.ts';
import type { AlertTopics } from './topics.ts';

/** What the functions have to do with beyond the vault. */
export interface FunctionSubjects {
  installation: Installation;
  topics: AlertTopics;
  alerts: Table;
  key: IKey;
}

/** Starts the state machines, by name: they call functions themselves, so their ARNs can not be asked for here. */
export function startsMachines({ installation }: FunctionSubjects): PolicyStatement[] {
  const arns = Object.values(MACHINES).map((name) => machineArn(installation.names.of(name)));
  return [allow(['states:StartExecution'], arns)];
}

/** Tells the topics, and remembers what they were told. */
export function tells({ topics, alerts, key }: FunctionSubjects): PolicyStatement[] {
  const arns = [topics.critical.topicArn, topics.warning.topicArn];
  return [
    allow(['sns:Publish', 'sns:ListSubscriptionsByTopic'], arns),
    allow(
      ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
      [alerts.tableArn],
    ),
    allow(['kms:GenerateDataKey', 'kms:Decrypt'], [key.keyArn]),
  ];
}

/** Asks RDS, in the region of each database, how far back each instance or cluster could be recovered. */
export function looksAtRds({ installation: { config, aws } }: FunctionSubjects): PolicyStatement[] {
  const ofRds = Object.values(config.databases).filter(({ rds }) => rds !== undefined);
  const regions = new Set(ofRds.map((database) => regionOfAddress(database) ?? aws.region));
  const resources = [...regions].flatMap((region) =>
    ['db:*', 'cluster:*'].map((all) => inRegion(region, { service: 'rds', resource: all })),
  );
  return resources.length === 0
    ? []
    : [allow(['rds:DescribeDBInstances', 'rds:DescribeDBClusters'], resources)];
}

export function machineArn(name: string): string {
  return inRegion(Aws.REGION, { service: 'states', resource: `stateMachine:${name}` });
}

function inRegion(
  region: string,
  { service, resource }: { service: string; resource: string },
): string {
  return `arn:${Aws.PARTITION}:${service}:${region}:${Aws.ACCOUNT_ID}:${resource}`;
}
