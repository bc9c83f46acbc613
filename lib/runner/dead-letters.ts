import { Duration } from 'aws-cdk-lib';
import { Effect, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import type { Names } from '../names.ts';

/** What could not be delivered: runs that Scheduler could not start, and events that a function failed on each time. */
export class DeadLetters extends Construct {
  readonly schedules: Queue;
  readonly functions: Queue;

  constructor(scope: Construct, id: string, { names, key }: { names: Names; key: IKey }) {
    super(scope, id);
    this.schedules = this.#queue('Schedules', { name: names.of('schedules-dead'), key });
    this.functions = this.#queue('Functions', { name: names.of('functions-dead'), key });
    acknowledge(
      this.schedules,
      ['AwsSolutions-SQS3'],
      'It is a queue of dead letters, of Scheduler.',
    );
  }

  #queue(id: string, { name, key }: { name: string; key: IKey }): Queue {
    const queue = new Queue(this, id, {
      queueName: name,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      retentionPeriod: Duration.days(14),
    });
    queue.addToResourcePolicy(onlyByTls(queue));
    return queue;
  }
}

function onlyByTls({ queueArn }: Queue): PolicyStatement {
  return new PolicyStatement({
    sid: 'OnlyByTls',
    effect: Effect.DENY,
    principals: [new StarPrincipal()],
    actions: ['sqs:*'],
    resources: [queueArn],
    conditions: { Bool: { 'aws:SecureTransport': 'false' } },
  });
}
