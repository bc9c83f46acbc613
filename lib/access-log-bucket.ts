import { RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { cleanUp, recordsLifecycle } from './lifecycle.ts';

/**
 * Where S3 writes who asked for what. S3 delivers to no bucket that locks objects by default or whose key is a customer's, so this one
 * has neither; the trail, which has both, says the same of every object.
 */
export function accessLogBucket(scope: Construct, { bucketName }: { bucketName: string }): Bucket {
  const bucket = new Bucket(scope, 'AccessLogs', {
    bucketName,
    versioned: true,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    lifecycleRules: [...recordsLifecycle(), cleanUp()],
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  acknowledge(
    bucket,
    ['HIPAA.Security-S3DefaultEncryptionKMS'],
    'S3 delivers access logs to buckets with SSE-S3 only.',
  );
  acknowledge(
    bucket,
    ['HIPAA.Security-S3BucketLoggingEnabled', 'AwsSolutions-S1'],
    'A bucket of access logs that logged its own accesses would never come to an end.',
  );
  acknowledge(
    bucket,
    ['HIPAA.Security-S3BucketReplicationEnabled'],
    'The trails of both regions hold the same facts; these are for reading.',
  );
  return bucket;
}
