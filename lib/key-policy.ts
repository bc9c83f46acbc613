import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  PolicyDocument,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { HoldfastStack } from './holdfast-stack.ts';
import { breakGlassArn, trailArn } from './installation.ts';

/**
 * The account decides by IAM who uses a key, as AWS recommends; but what would end it, and with it every backup, is left to the
 * break-glass role, and its policy to CloudFormation.
 */
export function keyPolicy(stack: HoldfastStack, others: PolicyStatement[] = []): PolicyDocument {
  const breakGlass = breakGlassArn(stack.installation);
  return new PolicyDocument({
    statements: [
      new PolicyStatement({
        sid: 'Account',
        principals: [new AccountRootPrincipal()],
        actions: ['kms:*'],
        resources: ['*'],
      }),
      denyAllBut([breakGlass], {
        sid: 'KeepTheKey',
        actions: [
          'kms:ScheduleKeyDeletion',
          'kms:DisableKey',
          'kms:DisableKeyRotation',
          'kms:DeleteImportedKeyMaterial',
          'kms:UpdatePrimaryRegion',
        ],
      }),
      denyAllBut([breakGlass, stack.deployerArn], {
        sid: 'KeepThePolicy',
        actions: ['kms:PutKeyPolicy'],
      }),
      ...others,
    ],
  });
}

/** A copy of a key has a policy of its maker's choice: CloudFormation makes the one of the replica, and nobody another. */
export function copyStatements(stack: HoldfastStack): PolicyStatement[] {
  const { replica } = stack.installation.aws;
  const breakGlass = breakGlassArn(stack.installation);
  const actions = ['kms:ReplicateKey'];
  if (replica === 'none') return [denyAllBut([breakGlass], { sid: 'NoCopy', actions })];
  const elsewhere = { StringNotEquals: { 'kms:ReplicaRegion': replica.region } };
  return [
    denyAllBut([breakGlass, stack.deployerArnIn(replica.region)], { sid: 'NoOtherMaker', actions }),
    denyAllBut([breakGlass], { sid: 'NoOtherRegion', actions, conditions: elsewhere }),
  ];
}

/** Of a key that signs: whatever IAM of the account grants, these roles alone sign with it. */
export function signerStatements(roles: string[]): PolicyStatement[] {
  return [denyAllBut(roles, { sid: 'NoOtherSigner', actions: ['kms:Sign'] })];
}

interface KeyGuard {
  sid: string;
  actions: string[];
  /** What must hold beside. */
  conditions?: Record<string, Record<string, string>>;
}

function denyAllBut(roles: string[], { sid, actions, conditions = {} }: KeyGuard): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    resources: ['*'],
    conditions: { ArnNotEquals: { 'aws:PrincipalArn': roles }, ...conditions },
  });
}

/** For what the services write on our behalf: the trail, and log groups below our prefix. */
export function serviceStatements({ installation, region }: HoldfastStack): PolicyStatement[] {
  const { account, partition, names } = installation;
  const trail = trailArn(installation, region);
  const logGroups = `arn:${partition}:logs:${region}:${account}:log-group:${names.logGroups}/*`;
  return [
    new PolicyStatement({
      sid: 'Trail',
      principals: [new ServicePrincipal('cloudtrail.amazonaws.com')],
      actions: ['kms:GenerateDataKey*', 'kms:Decrypt', 'kms:DescribeKey'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceArn': trail } },
    }),
    new PolicyStatement({
      sid: 'LogGroups',
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: [
        'kms:Encrypt*',
        'kms:Decrypt*',
        'kms:ReEncrypt*',
        'kms:GenerateDataKey*',
        'kms:Describe*',
      ],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
    }),
  ];
}
