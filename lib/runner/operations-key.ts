import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { HoldfastStack } from '../holdfast-stack.ts';
import { keyPolicy } from '../key-policy.ts';

/** Services that write to topics and queues by themselves. */
const PUBLISHERS = ['cloudwatch.amazonaws.com', 'events.amazonaws.com'];

/**
 * The key of what the runner says about itself: logs, alerts, queues, the memory of alerts, environments of functions. No backup is
 * encrypted with it, but without it nobody is told anything: it is guarded as the others are.
 */
export class OperationsKey extends Construct {
  readonly key: Key;

  constructor(stack: HoldfastStack, id: string) {
    super(stack, id);
    const { names, config } = stack.installation;
    this.key = new Key(this, 'Key', {
      alias: names.of('operations'),
      description: `Holdfast ${config.project}: logs, alerts and queues`,
      enableKeyRotation: true,
      policy: keyPolicy(stack, [forLogs(), ...PUBLISHERS.map(forPublisher)]),
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

function forLogs(): PolicyStatement {
  return new PolicyStatement({
    principals: [new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
    actions: [
      'kms:Encrypt',
      'kms:Decrypt',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
      'kms:GenerateDataKey',
      'kms:DescribeKey',
    ],
    resources: ['*'],
    conditions: {
      ArnLike: {
        'kms:EncryptionContext:aws:logs:arn': `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:*`,
      },
    },
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
