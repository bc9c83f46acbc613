import { Aws } from 'aws-cdk-lib';
import type { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { managedRole } from './managed-role.ts';
import { allow } from './statements.ts';

/** By it ECS makes, attaches and removes the volumes of large drills; no volume that ECS did not make. */
export function volumeRole(scope: Construct, { keyArn }: { keyArn: string }): IRole {
  return managedRole(scope, 'VolumeRole', {
    service: 'ecs.amazonaws.com',
    description: 'Holdfast: volumes of large drills',
    statements: [...makesVolumes(), ...usesKey(keyArn)],
    whyWildcards: 'Volumes are made and named at run time; only those that ECS made for a task.',
  });
}

function makesVolumes(): PolicyStatement[] {
  const own = { StringEquals: { 'aws:ResourceTag/AmazonECSManaged': 'true' } };
  const volumes = ec2('volume/*');
  return [
    allow(['ec2:CreateVolume'], [volumes], {
      StringEquals: { 'aws:RequestTag/AmazonECSManaged': 'true' },
    }),
    allow(['ec2:CreateTags'], [volumes], { StringEquals: { 'ec2:CreateAction': 'CreateVolume' } }),
    allow(['ec2:DescribeVolumes', 'ec2:DescribeAvailabilityZones'], ['*']),
    allow(['ec2:AttachVolume', 'ec2:DetachVolume'], [ec2('instance/*')]),
    allow(['ec2:AttachVolume', 'ec2:DetachVolume', 'ec2:DeleteVolume'], [volumes], own),
  ];
}

function usesKey(keyArn: string): PolicyStatement[] {
  const viaEbs = { StringEquals: { 'kms:ViaService': `ec2.${Aws.REGION}.amazonaws.com` } };
  return [
    allow(
      ['kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt', 'kms:DescribeKey'],
      [keyArn],
      viaEbs,
    ),
    allow(['kms:CreateGrant'], [keyArn], {
      Bool: { 'kms:GrantIsForAWSResource': 'true' },
      ...viaEbs,
    }),
  ];
}

function ec2(resource: string): string {
  return `arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
}
