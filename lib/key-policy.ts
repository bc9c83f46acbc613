import { AccountRootPrincipal, AnyPrincipal, Effect, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { HoldfastStack } from './holdfast-stack.ts';
import { breakGlassArn } from './installation.ts';

/**
 * The account decides by IAM who uses a key, as AWS recommends; but what would end it, and with it every backup, is left to the
 * break-glass role, and its policy to CloudFormation.
 */
export function keyPolicy(stack: HoldfastStack, others: PolicyStatement[] = []): PolicyDocument {
  const breakGlass = breakGlassArn(stack.installation);
  return new PolicyDocument({
    statements: [
      new PolicyStatement({ sid: 'Account', principals: [new AccountRootPrincipal()], actions: ['kms:*'], resources: ['*'] }),
      denyAllBut([breakGlass], {
        sid: 'KeepTheKey',
        actions: ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DisableKeyRotation', 'kms:DeleteImportedKeyMaterial'],
      }),
      denyAllBut([breakGlass, stack.deployerArn], { sid: 'KeepThePolicy', actions: ['kms:PutKeyPolicy'] }),
      ...others,
    ],
  });
}

function denyAllBut(roles: string[], { sid, actions }: { sid: string; actions: string[] }): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    resources: ['*'],
    conditions: { ArnNotEquals: { 'aws:PrincipalArn': roles } },
  });
}

/** For what the services write on our behalf: the trail, and log groups below our prefix. */
export function serviceStatements({ installation, region }: HoldfastStack): PolicyStatement[] {
  const { account, partition, names } = installation;
  const trail = `arn:${partition}:cloudtrail:${region}:${account}:trail/${names.resource('trail')}`;
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
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
    }),
  ];
}
