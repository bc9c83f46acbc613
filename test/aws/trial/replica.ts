import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnReplicaKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export const REPLICA_BUCKET = 'trial-replica-123456789012';

interface TrialReplicaProps extends StackProps {
  primaryKeyArn: string;
}

/** The bucket and the key of the other region. */
export class TrialReplica extends Stack {
  constructor(scope: Construct, id: string, { primaryKeyArn, ...props }: TrialReplicaProps) {
    super(scope, id, props);
    new Bucket(this, 'Copies', {
      bucketName: REPLICA_BUCKET,
      versioned: true,
      objectLockEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const key = new CfnReplicaKey(this, 'Key', {
      primaryKeyArn,
      keyPolicy: everythingByTheAccount(),
    });
    new CfnOutput(this, 'KeyArn', { value: key.attrArn });
  }
}

function everythingByTheAccount(): PolicyDocument {
  return new PolicyDocument({
    statements: [
      new PolicyStatement({
        actions: ['kms:*'],
        resources: ['*'],
        principals: [new AccountRootPrincipal()],
      }),
    ],
  });
}
