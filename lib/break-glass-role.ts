import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccountRootPrincipal, ManagedPolicy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from './acknowledge.ts';
import { bucketArn, type Installation } from './installation.ts';

/** The undo of docs/RETENTION.md, and the last resort where something must go that should never have been stored. */
export class BreakGlassRole extends Construct {
  constructor(scope: Construct, { installation }: { installation: Installation }) {
    super(scope, 'BreakGlass');
    const role = new Role(this, 'Role', {
      roleName: installation.names.resource('break-glass'),
      description:
        'Undoes a release, removes versions and lifts locks of the backup vault. For two people and one hour.',
      assumedBy: new AccountRootPrincipal().withConditions({
        Bool: { 'aws:MultiFactorAuthPresent': 'true' },
      }),
      maxSessionDuration: Duration.hours(1),
    });
    const buckets = bucketsOf(installation);
    const statements = [
      new PolicyStatement({
        actions: ['s3:ListBucket', 's3:ListBucketVersions'],
        resources: buckets,
      }),
      new PolicyStatement({
        actions: OBJECT_ACTIONS,
        resources: buckets.map((bucket) => `${bucket}/*`),
      }),
    ];
    const policy = new ManagedPolicy(this, 'Policy', { statements, roles: [role] });
    acknowledgeWildcards(policy, {
      statements,
      reason: 'Which objects are concerned is not known before the day it is used.',
    });
    for (const made of [role, policy])
      made.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
}

const OBJECT_ACTIONS = [
  's3:BypassGovernanceRetention',
  's3:DeleteObject',
  's3:DeleteObjectTagging',
  's3:DeleteObjectVersion',
  's3:GetObjectTagging',
  's3:PutObjectLegalHold',
  's3:PutObjectRetention',
  's3:PutObjectTagging',
];

function bucketsOf(installation: Installation): string[] {
  const { aws, names } = installation;
  const hasReplica = aws.replica !== 'none' && aws.replica.bucketArn === undefined;
  return [names.vaultBucket, ...(hasReplica ? [names.replicaBucket] : [])].map((bucket) =>
    bucketArn(installation, bucket),
  );
}
