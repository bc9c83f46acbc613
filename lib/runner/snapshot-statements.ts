import { Fn } from 'aws-cdk-lib';
import { type IRole, ManagedPolicy, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RELEASED_TAG, SNAPSHOT_TAGS } from '../../engine/contract.ts';
import { snapshotPrefix } from '../../engine/domain/snapshot-name.ts';
import { allServers, inServerPolicies } from '../../engine/domain/snapshot-servers.ts';
import { HOLD } from '../../engine/domain/snapshot-tags.ts';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { hasSnapshots, type Installation } from '../installation.ts';
import { ReplicaStack } from '../replica-stack.ts';
import { allow } from './statements.ts';

/** Sees snapshots, in both regions; nothing where there are to be none. */
export function looksAtSnapshots(installation: Installation): PolicyStatement[] {
  if (!hasSnapshots(installation)) return [];
  const any = (...kinds: string[]) =>
    regionsOf(installation).flatMap((region) =>
      kinds.map((kind) => rds(installation, { region, resource: `${kind}:*` })),
    );
  return [
    allow(['rds:DescribeDBSnapshots'], any('db', 'snapshot')),
    allow(['rds:DescribeDBClusterSnapshots'], any('cluster', 'cluster-snapshot')),
  ];
}

/** Lets snapshots of ours go that nobody holds, by the tag of retention and nothing else; it removes none. */
export function releasesSnapshots(installation: Installation): PolicyStatement[] {
  if (!hasSnapshots(installation)) return [];
  const conditions = {
    StringEquals: {
      [`aws:ResourceTag/${SNAPSHOT_TAGS.project}`]: installation.config.project,
      [`aws:RequestTag/${RELEASED_TAG.key}`]: RELEASED_TAG.value,
    },
    StringNotEquals: { [`aws:ResourceTag/${RELEASED_TAG.key}`]: HOLD },
    'ForAllValues:StringEquals': { 'aws:TagKeys': [RELEASED_TAG.key, SNAPSHOT_TAGS.releasedAt] },
  };
  return [
    ...looksAtSnapshots(installation),
    allow(['rds:AddTagsToResource'], ours(installation, KINDS), conditions),
  ];
}

/** Has snapshots born with their tags and copied to the other region, and removes those that somebody else let go; it can let none go itself. */
export function tendsSnapshots(installation: Installation): PolicyStatement[] {
  if (!hasSnapshots(installation)) return [];
  const { project } = installation.config;
  const released = {
    [`aws:ResourceTag/${RELEASED_TAG.key}`]: RELEASED_TAG.value,
    [`aws:ResourceTag/${SNAPSHOT_TAGS.project}`]: project,
  };
  return [
    ...looksAtSnapshots(installation),
    givesBirthTags(installation),
    allow(['rds:DeleteDBSnapshot'], ours(installation, ['snapshot']), { StringEquals: released }),
    allow(['rds:DeleteDBClusterSnapshot'], ours(installation, ['cluster-snapshot']), {
      StringEquals: released,
    }),
    ...copiesSnapshots(installation),
  ];
}

/** Only to what has none yet of its own: with `holdfast-project` on it a snapshot has been born. */
function givesBirthTags(installation: Installation): PolicyStatement {
  const { releasedAt, ...born } = SNAPSHOT_TAGS;
  return allow(['rds:AddTagsToResource'], ours(installation, KINDS), {
    StringEquals: { [`aws:RequestTag/${born.project}`]: installation.config.project },
    'ForAllValues:StringEquals': { 'aws:TagKeys': Object.values(born) },
    Null: { [`aws:ResourceTag/${born.project}`]: 'true' },
  });
}

const KINDS = ['snapshot', 'cluster-snapshot'] as const;

/** What a snapshot is encrypted with is its owner's matter: any key of the account, only through RDS. */
function copiesSnapshots(installation: Installation): PolicyStatement[] {
  const { partition, account, aws } = installation;
  const copyKey = copyKeyArn(installation);
  if (copyKey === undefined) return [];
  const keys = [`arn:${partition}:kms:${aws.region}:${account}:key/*`, copyKey];
  const viaRds = {
    StringEquals: {
      'kms:ViaService': regionsOf(installation).map((region) => `rds.${region}.amazonaws.com`),
    },
  };
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
  const { region } = installation.aws;
  for (const [index, { kind, servers }] of inServerPolicies(
    allServers(installation.config),
  ).entries()) {
    const { action, server, snapshot } = TAKING[kind];
    const arns = servers.map(({ id }) =>
      rds(installation, { region, resource: `${server}:${id}` }),
    );
    const statements = [allow([action], [...arns, own(installation, snapshot)])];
    const policy = new ManagedPolicy(role, `Servers${index + 1}`, { statements, roles: [role] });
    acknowledgeWildcards(policy, {
      statements,
      reason:
        'Snapshots are named by plan, server and time; all begin with the name of the project.',
    });
  }
}

/** As a policy calls them. */
const TAKING = {
  instance: { action: 'rds:CreateDBSnapshot', server: 'db', snapshot: 'snapshot' },
  cluster: {
    action: 'rds:CreateDBClusterSnapshot',
    server: 'cluster',
    snapshot: 'cluster-snapshot',
  },
} as const;

function ours(installation: Installation, kinds: readonly (typeof KINDS)[number][]): string[] {
  const resource = (kind: string) => `${kind}:${snapshotPrefix(installation.config.project)}*`;
  return regionsOf(installation).flatMap((region) =>
    kinds.map((kind) => rds(installation, { region, resource: resource(kind) })),
  );
}

function own(installation: Installation, kind: (typeof KINDS)[number]): string {
  return rds(installation, {
    region: installation.aws.region,
    resource: `${kind}:${snapshotPrefix(installation.config.project)}*`,
  });
}

function regionsOf({ aws: { region, replica } }: Installation): string[] {
  return replica === 'none' ? [region] : [region, replica.region];
}

function rds(
  { partition, account }: Installation,
  { region, resource }: { region: string; resource: string },
): string {
  return `arn:${partition}:rds:${region}:${account}:${resource}`;
}
