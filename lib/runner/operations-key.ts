import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Installation } from '../installation.ts';

/** Services that write to topics and queues by themselves. */
const PUBLISHERS = ['cloudwatch.amazonaws.com', 'events.amazonaws.com'];

/** The key of what the runner says about itself: logs, alerts, queues, the memory of alerts. No backup is encrypted with it. */
export class OperationsKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, { installation }: { installation: Installation }) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      alias: installation.names.of('operations'),
      description: `Holdfast ${installation.config.project}: logs, alerts and queues`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.key.addToResourcePolicy(forLogs());
    for (const service of PUBLISHERS) this.key.addToResourcePolicy(forPublisher(service));
  }
}

function forLogs(): PolicyStatement {
  return new PolicyStatement({
    principals: [new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:DescribeKey'],
    resources: ['*'],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:*` } },
  });
}

/** Their calls carry no word of the account that a condition could ask for in every case; only topics of this account use the key. */
function forPublisher(service: string): PolicyStatement {
  return new PolicyStatement({
    principals: [new ServicePrincipal(service)],
    actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
    resources: ['*'],
  });
}
