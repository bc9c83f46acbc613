import { Duration } from 'aws-cdk-lib';
import { EventField, type EventPattern, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RUN_FAILED, RUNBOOK } from '../../engine/contract.ts';
import type { Installation } from '../installation.ts';
import type { AlertTopics } from './topics.ts';

export interface BackstopProps {
  installation: Installation;
  machineArns: readonly string[];
  clusterArn: string;
  /** Envelope key and the key of the store's encryption. */
  keyArns: readonly string[];
  notifyFailure: IFunction;
  topics: AlertTopics;
  deadLetters: Queue;
}

/** Steps of Step Functions start their tasks under this name; what becomes of those is told by their run. */
const BY_STEP_FUNCTIONS = 'AWS Step Functions';

/** Rules behind the state machines, for what they can't tell of themselves, and for hands that touch keys and vault. */
export class Backstop extends Construct {
  constructor(scope: Construct, id: string, props: BackstopProps) {
    super(scope, id);
    this.#tell('RunEnded', runsThatEndedBadly(props), props);
    this.#tell('RunFailed', runsThatFailedUntold(props), props);
    this.#tell('TaskNeverStarted', tasksThatNeverStarted(props), props);
    this.#announce('KeyTouched', {
      pattern: keyTouched(props),
      to: props.topics.critical,
      heading: RUNBOOK.keys,
      what: 'a key of the backups',
    });
    this.#announce('VaultChanged', { pattern: vaultChanged(props), to: props.topics.warning, heading: RUNBOOK.changed, what: 'the vault' });
  }

  #tell(id: string, eventPattern: EventPattern, { notifyFailure, deadLetters }: BackstopProps): void {
    const target = new LambdaFunction(notifyFailure, { deadLetterQueue: deadLetters, maxEventAge: Duration.hours(6), retryAttempts: 60 });
    new Rule(this, id, { eventPattern, targets: [target] });
  }

  /** Straight to the topic: this must be heard even where none of our functions runs any more. */
  #announce(id: string, { pattern, to, heading, what }: Announcement): void {
    const [call, who, when] = ['$.detail.eventName', '$.detail.userIdentity.arn', '$.time'].map((path) => EventField.fromPath(path));
    const message = RuleTargetInput.fromText(`Holdfast: ${call} on ${what} by ${who} at ${when}. What to do: ${RUNBOOK.page}#${heading}`);
    new Rule(this, id, { eventPattern: pattern, targets: [new SnsTopic(to, { message })] });
  }
}

interface Announcement {
  pattern: EventPattern;
  to: AlertTopics['critical'];
  heading: string;
  what: string;
}

function runsThatEndedBadly({ machineArns }: BackstopProps): EventPattern {
  return {
    source: ['aws.states'],
    detailType: ['Step Functions Execution Status Change'],
    detail: { stateMachineArn: machineArns, status: ['TIMED_OUT', 'ABORTED'] },
  };
}

/** A run that ended as RunFailed has told what failed. */
function runsThatFailedUntold({ machineArns }: BackstopProps): EventPattern {
  return {
    source: ['aws.states'],
    detailType: ['Step Functions Execution Status Change'],
    detail: { stateMachineArn: machineArns, status: ['FAILED'], error: [{ 'anything-but': [RUN_FAILED] }, { exists: false }] },
  };
}

function tasksThatNeverStarted({ clusterArn }: BackstopProps): EventPattern {
  return {
    source: ['aws.ecs'],
    detailType: ['ECS Task State Change'],
    detail: {
      clusterArn: [clusterArn],
      lastStatus: ['STOPPED'],
      stopCode: ['TaskFailedToStart'],
      startedBy: [{ 'anything-but': [BY_STEP_FUNCTIONS] }, { exists: false }],
    },
  };
}

const ENDING_A_KEY = ['DisableKey', 'ScheduleKeyDeletion', 'DisableKeyRotation', 'PutKeyPolicy', 'DeleteImportedKeyMaterial'];

function keyTouched({ keyArns }: BackstopProps): EventPattern {
  return {
    source: ['aws.kms'],
    detailType: ['AWS API Call via CloudTrail'],
    detail: { eventSource: ['kms.amazonaws.com'], eventName: ENDING_A_KEY, resources: { ARN: keyArns } },
  };
}

const LOOSENING_A_BUCKET = [
  'DeleteBucket',
  'DeleteBucketLifecycle',
  'DeleteBucketPolicy',
  'DeleteBucketReplication',
  'PutBucketEncryption',
  'PutBucketLifecycle',
  'PutBucketObjectLockConfiguration',
  'PutBucketPolicy',
  'PutBucketReplication',
  'PutBucketVersioning',
  'PutObjectLockConfiguration',
];

function vaultChanged({ installation }: BackstopProps): EventPattern {
  return {
    source: ['aws.s3'],
    detailType: ['AWS API Call via CloudTrail'],
    detail: {
      eventSource: ['s3.amazonaws.com'],
      eventName: LOOSENING_A_BUCKET,
      requestParameters: { bucketName: [installation.names.vaultBucket] },
    },
  };
}
