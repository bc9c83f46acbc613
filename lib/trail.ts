import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { RECORDS_KEEP_DAYS } from '../engine/contract.ts';
import { acknowledge, acknowledgeWildcards } from './acknowledge.ts';
import { trailGuards } from './bucket-policy.ts';
import type { HoldfastStack } from './holdfast-stack.ts';
import { breakGlassArn, bucketArn, trailArn } from './installation.ts';
import { cleanUp, recordsLifecycle } from './lifecycle.ts';
import { LockedBucket } from './locked-bucket.ts';

export interface TrailProps {
  /** The bucket about whose objects it tells. */
  about: string;
  encryptionKey: IKey;
  accessLogs: IBucket;
}

/**
 * Who did what: each read and write of an object of one bucket, and the management events of the region, which have every use of a
 * KMS key. Six years in a bucket that locks them, each file signed for by the next digest.
 */
export class Trail extends Construct {
  constructor(stack: HoldfastStack, props: TrailProps) {
    super(stack, 'Trail');
    const { installation } = stack;
    const trailName = installation.names.resource('trail');
    const bucket = this.#bucket(stack, props);
    const logGroup = this.#logGroup(stack, props.encryptionKey);
    const trail = new CfnTrail(this, 'Resource', {
      trailName,
      isLogging: true,
      s3BucketName: bucket.bucketName,
      kmsKeyId: props.encryptionKey.keyArn,
      enableLogFileValidation: true,
      includeGlobalServiceEvents: true,
      isMultiRegionTrail: false,
      cloudWatchLogsLogGroupArn: logGroup.logGroupArn,
      cloudWatchLogsRoleArn: this.#deliveryRole(stack, logGroup).roleArn,
      advancedEventSelectors: eventSelectors(bucketArn(installation, props.about)),
    });
    trail.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    if (bucket.policy !== undefined) trail.node.addDependency(bucket.policy);
  }

  #bucket(
    { installation, deployerArn, region }: HoldfastStack,
    { about, encryptionKey, accessLogs }: TrailProps,
  ): LockedBucket {
    const { names, aws, account } = installation;
    const bucketName = names.trailOf(about);
    const arn = bucketArn(installation, bucketName);
    const bucket = new LockedBucket(this, 'Bucket', {
      bucketName,
      encryptionKey,
      accessLogs,
      lock: { mode: aws.lock.mode, days: RECORDS_KEEP_DAYS },
      lifecycleRules: [...recordsLifecycle(), cleanUp()],
      guards: [
        ...delivery(arn, { account, trail: trailArn(installation, region) }),
        ...trailGuards({ bucketArn: arn, breakGlassArn: breakGlassArn(installation), deployerArn }),
      ],
    });
    acknowledge(
      bucket,
      ['HIPAA.Security-S3BucketReplicationEnabled'],
      'The other region has a trail of its own about its copy of the vault.',
    );
    return bucket;
  }

  #logGroup({ installation }: HoldfastStack, encryptionKey: IKey): LogGroup {
    return new LogGroup(this, 'Events', {
      logGroupName: `${installation.names.logGroups}/trail`,
      encryptionKey,
      retention: RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
  }

  #deliveryRole({ installation, region }: HoldfastStack, logGroup: LogGroup): Role {
    const { account, partition, names } = installation;
    const role = new Role(this, 'Delivery', {
      description: 'CloudTrail writes its events to CloudWatch Logs',
      assumedBy: new ServicePrincipal('cloudtrail.amazonaws.com'),
    });
    const stream = `arn:${partition}:logs:${region}:${account}:log-group:${names.logGroups}/trail:log-stream:${account}_CloudTrail_${region}*`;
    const statements = [
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [stream],
      }),
    ];
    const policy = new ManagedPolicy(this, 'DeliveryPolicy', { statements, roles: [role] });
    policy.node.addDependency(logGroup);
    for (const made of [role, policy])
      made.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    acknowledgeWildcards(policy, {
      statements,
      reason: 'CloudTrail chooses the end of the name of its log stream.',
    });
    return role;
  }
}

/** What CloudTrail needs to deliver, as its documentation has it, bound to this trail. */
function delivery(
  arn: string,
  { account, trail }: { account: string; trail: string },
): PolicyStatement[] {
  const principals = [new ServicePrincipal('cloudtrail.amazonaws.com')];
  const ours = { 'aws:SourceArn': trail };
  return [
    new PolicyStatement({
      sid: 'TrailLooks',
      principals,
      actions: ['s3:GetBucketAcl'],
      resources: [arn],
      conditions: { StringEquals: ours },
    }),
    new PolicyStatement({
      sid: 'TrailWrites',
      principals,
      actions: ['s3:PutObject'],
      resources: [`${arn}/AWSLogs/${account}/*`],
      conditions: { StringEquals: { ...ours, 's3:x-amz-acl': 'bucket-owner-full-control' } },
    }),
  ];
}

function eventSelectors(aboutArn: string): CfnTrail.AdvancedEventSelectorProperty[] {
  return [
    { name: 'management', fieldSelectors: [{ field: 'eventCategory', equalTo: ['Management'] }] },
    {
      name: 'objects',
      fieldSelectors: [
        { field: 'eventCategory', equalTo: ['Data'] },
        { field: 'resources.type', equalTo: ['AWS::S3::Object'] },
        { field: 'resources.ARN', startsWith: [`${aboutArn}/`] },
      ],
    },
  ];
}
