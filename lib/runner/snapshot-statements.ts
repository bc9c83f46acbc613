import { Fn } from 'aws-cdk-lib';
import { type IRole, ManagedPolicy, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RELEASED_TAG, SNAPSHOT_TAGS } from '../../engine/contract.ts';
import { snapshotPrefix } from '../../engine/domain/snapshot-name.ts';
import { serversOf } from '../../engine/domain/snapshot-servers.ts';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { hasSnapshots, type Installation } from '../installation.ts';
import { ReplicaStack } from '../replica-stack.ts';
import { allow } from './statements.ts';

/** A managed policy may have 6,144 characters; the ARN of a server has about eighty. */
const SERVERS_A_POLICY = 50;

/** Sees snapshots, in both regions; nothing where there are to be none. */
export function looksAtSnapshots(installation: Installation): PolicyStatement[] {
  if (!hasSnapshots(installation)) return [];
  const any = (...kinds: string[]) =>
    regionsOf(installation).flatMap((region) => kinds.map((kind) => rds(installation, { region, resource: `${kind}:*` })));
  return [
    allow(['rds:DescribeDBSnapshots'], any('db', 'snapshot')),
    allow(['rds:DescribeDBClusterSnapshots'], any('cluster', 'cluster-snapshot')),
  ];
}

/** Lets snapshots of ours go, by the tag of retention and nothing else; it removes none. */
export function releasesSnapshots(installation: Installation): PolicyStatement[] {
  if (!hasSnapshots(installation)) return [];
  const conditions = {
    StringEquals: {
      [`aws:ResourceTag/${SNAPSHOT_TAGS.project}`]: installation.config.project,
      [`aws:RequestTag/${RELEASED_TAG.key}`]: RELEASED_TAG.value,
    },
    'ForAllValues:StringEquals': { 'aws:TagKeys': [RELEASED_TAG.key, SNAPSHOT_TAGS.releasedAt] },
  };
  return [...looksAtSnapshots(installation), allow(['rds:AddTagsToResource'], ours(installation, KINDS), conditions)];
}

/** Copies snapshots of ours to the other region, and removes those that somebody else let go; it can let none go itself. */
export function tendsSnapshots(installation: Installation): PolicyStatement[] {
  if (!hasSnapshots(installation)) return [];
  const { project } = installation.config;
  const ofProject = { [`aws:RequestTag/${SNAPSHOT_TAGS.project}`]: project };
  const notReleased = { [`aws:RequestTag/${RELEASED_TAG.key}`]: RELEASED_TAG.value };
  const released = { [`aws:ResourceTag/${RELEASED_TAG.key}`]: RELEASED_TAG.value, [`aws:ResourceTag/${SNAPSHOT_TAGS.project}`]: project };
  return [
    ...looksAtSnapshots(installation),
    allow(['rds:AddTagsToResource'], ours(installation, KINDS), { StringEquals: ofProject, StringNotEquals: notReleased }),
    allow(['rds:DeleteDBSnapshot'], ours(installation, ['snapshot']), { StringEquals: released }),
    allow(['rds:DeleteDBClusterSnapshot'], ours(installation, ['cluster-snapshot']), { StringEquals: released }),
    ...copiesSnapshots(installation),
  ];
}

const KINDS = ['snapshot', 'cluster-snapshot'] as const;

/** What a snapshot is encrypted with is its owner's matter: any key of the account, only through RDS. */
function copiesSnapshots(installation: Installation): PolicyStatement[] {
  const { partition, account, aws } = installation;
  const copyKey = copyKeyArn(installation);
  if (copyKey === undefined) return [];
  const keys = [`arn:${partition}:kms:${aws.region}:${account}:key/*`, copyKey];
  const viaRds = { StringEquals: { 'kms:ViaService': regionsOf(installation).map((region) => `rds.${region}.amazonaws.com`) } };
  return [
    allow(['rds:CopyDBSnapshot'], ours(installation, ['snapshot'])),
    allow(['rds:CopyDBClusterSnapshot'], ours(installation, ['cluster-snapshot'])),
    allow(['kms:DescribeKey', 'kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext'], keys, viaRds),
    allow(['kms:CreateGrant'], keys, { Bool: { 'kms:GrantIsForAWSResource': 'true' }, ...viaRds }),
  ];
}

/** Of the copies, in the replica's region; undefined where there are none. */
export function copyKeyArn({ aws: { replica }, names, config }: Installation): string | undefined {
  if (replica === 'none' || !hasSnapshots({ config })) return undefined;
  return Fn.getStackOutput(names.stack('Replica'), ReplicaStack.sseKeyOutput, replica.region);
}

/** Has snapshots taken of the servers of the config, under names of ours; as many policies as the fleet needs. */
export function grantTakingSnapshots(role: IRole, installation: Installation): void {
  const servers = Object.values(installation.config.snapshotPlans).flatMap((plan) => serversOf(plan, installation.config.databases));
  const { region } = installation.aws;
  const arns = (kind: 'instance' | 'cluster') => [
    ...new Set(
      servers.flatMap((one) =>
        one.kind === kind ? [rds(installation, { region, resource: `${kind === 'instance' ? 'db' : 'cluster'}:${one.id}` })] : [],
      ),
    ),
  ];
  grantIn(role, { id: 'Instances', action: 'rds:CreateDBSnapshot', servers: arns('instance'), named: own(installation, 'snapshot') });
  grantIn(role, {
    id: 'Clusters',
    action: 'rds:CreateDBClusterSnapshot',
    servers: arns('cluster'),
    named: own(installation, 'cluster-snapshot'),
  });
}

interface Taking {
  id: string;
  action: string;
  servers: readonly string[];
  /** The snapshots. */
  named: string;
}

function grantIn(role: IRole, { id, action, servers, named }: Taking): void {
  for (let first = 0; first < servers.length; first += SERVERS_A_POLICY) {
    const statements = [allow([action], [...servers.slice(first, first + SERVERS_A_POLICY), named])];
    const policy = new ManagedPolicy(role, `${id}${first / SERVERS_A_POLICY + 1}`, { statements, roles: [role] });
    acknowledgeWildcards(policy, {
      statements,
      reason: 'Snapshots are named by plan, server and time; all begin with the name of the project.',
    });
  }
}

function ours(installation: Installation, kinds: readonly (typeof KINDS)[number][]): string[] {
  const resource = (kind: string) => `${kind}:${snapshotPrefix(installation.config.project)}*`;
  return regionsOf(installation).flatMap((region) => kinds.map((kind) => rds(installation, { region, resource: resource(kind) })));
}

function own(installation: Installation, kind: (typeof KINDS)[number]): string {
  return rds(installation, { region: installation.aws.region, resource: `${kind}:${snapshotPrefix(installation.config.project)}*` });
}

function regionsOf({ aws: { region, replica } }: Installation): string[] {
  return replica === 'none' ? [region] : [region, replica.region];
}

function rds({ partition, account }: Installation, { region, resource }: { region: string; resource: string }): string {
  return `arn:${partition}:rds:${region}:${account}:${resource}`;
}
