import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { ALERTS_TABLE_KEYS } from '../../engine/contract.ts';
import { acknowledge } from '../acknowledge.ts';
import type { Names } from '../names.ts';

/** Remembers what the topics were told. Without it everything is told once more, and nothing else is lost. */
export function alertsTable(scope: Construct, { names, key }: { names: Names; key: IKey }): Table {
  const table = new Table(scope, 'Alerts', {
    tableName: names.of('alerts'),
    partitionKey: { name: ALERTS_TABLE_KEYS.partition, type: AttributeType.STRING },
    sortKey: { name: ALERTS_TABLE_KEYS.sort, type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: key,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy: RemovalPolicy.DESTROY,
  });
  acknowledge(
    table,
    ['HIPAA.Security-DynamoDBInBackupPlan'],
    'It remembers what was told; a lost one means that alerts are told again.',
  );
  return table;
}
