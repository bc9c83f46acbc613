import {
  CopyDBClusterSnapshotCommand,
  CopyDBSnapshotCommand,
  CreateDBClusterSnapshotCommand,
  CreateDBSnapshotCommand,
  type DBClusterSnapshot,
  type DBSnapshot,
  DeleteDBClusterSnapshotCommand,
  DeleteDBSnapshotCommand,
  paginateDescribeDBClusterSnapshots,
  paginateDescribeDBSnapshots,
  type RDSClient,
  type Tag,
} from '@aws-sdk/client-rds';
import type { RdsServer, ServerSnapshot, SnapshotStatus } from '../domain/snapshot.ts';
import type { Tags } from '../domain/snapshot-tags.ts';

/** A snapshot of anybody's. */
export interface ShownSnapshot
  extends Pick<ServerSnapshot, 'id' | 'arn' | 'server' | 'status' | 'isEncrypted'> {
  startedAt: Date | undefined;
  tags: Tags;
}

interface Creation {
  id: string;
  server: string;
  Tags: Tag[];
}

interface Copy {
  id: string;
  sourceArn: string;
  isEncrypted: boolean;
  keyArn: string;
  Tags: Tag[];
}

/** The same five calls for instances and for clusters. */
interface RdsDialect {
  actions: Readonly<Record<'list' | 'create' | 'copy' | 'remove', string>>;
  list(client: RDSClient): Promise<ShownSnapshot[]>;
  create(client: RDSClient, creation: Creation): Promise<unknown>;
  copy(client: RDSClient, copy: Copy): Promise<unknown>;
  remove(client: RDSClient, id: string): Promise<unknown>;
}

const OURS = { SnapshotType: 'manual' } as const;

const ofInstances: RdsDialect = {
  actions: {
    list: 'rds:DescribeDBSnapshots',
    create: 'rds:CreateDBSnapshot',
    copy: 'rds:CopyDBSnapshot',
    remove: 'rds:DeleteDBSnapshot',
  },
  list: async (client) => {
    const shown: ShownSnapshot[] = [];
    for await (const { DBSnapshots = [] } of paginateDescribeDBSnapshots({ client }, OURS))
      shown.push(...DBSnapshots.map(ofInstance));
    return shown;
  },
  create: (client, { id, server, Tags }) =>
    client.send(
      new CreateDBSnapshotCommand({ DBSnapshotIdentifier: id, DBInstanceIdentifier: server, Tags }),
    ),
  copy: (client, { id, sourceArn, keyArn, Tags }) =>
    client.send(
      new CopyDBSnapshotCommand({
        SourceDBSnapshotIdentifier: sourceArn,
        TargetDBSnapshotIdentifier: id,
        KmsKeyId: keyArn,
        Tags,
      }),
    ),
  remove: (client, DBSnapshotIdentifier) =>
    client.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier })),
};

/** RDS takes no key for the copy of a cluster's snapshot that is not encrypted: then the copy is not encrypted either. */
const ofClusters: RdsDialect = {
  actions: {
    list: 'rds:DescribeDBClusterSnapshots',
    create: 'rds:CreateDBClusterSnapshot',
    copy: 'rds:CopyDBClusterSnapshot',
    remove: 'rds:DeleteDBClusterSnapshot',
  },
  list: async (client) => {
    const shown: ShownSnapshot[] = [];
    for await (const { DBClusterSnapshots = [] } of paginateDescribeDBClusterSnapshots(
      { client },
      OURS,
    ))
      shown.push(...DBClusterSnapshots.map(ofCluster));
    return shown;
  },
  create: (client, { id, server, Tags }) =>
    client.send(
      new CreateDBClusterSnapshotCommand({
        DBClusterSnapshotIdentifier: id,
        DBClusterIdentifier: server,
        Tags,
      }),
    ),
  copy: (client, { id, sourceArn, isEncrypted, keyArn, Tags }) =>
    client.send(
      new CopyDBClusterSnapshotCommand({
        SourceDBClusterSnapshotIdentifier: sourceArn,
        TargetDBClusterSnapshotIdentifier: id,
        ...(isEncrypted ? { KmsKeyId: keyArn } : {}),
        Tags,
      }),
    ),
  remove: (client, DBClusterSnapshotIdentifier) =>
    client.send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier })),
};

export const RDS_DIALECTS: Readonly<Record<RdsServer['kind'], RdsDialect>> = {
  instance: ofInstances,
  cluster: ofClusters,
};

function ofInstance(shown: DBSnapshot): ShownSnapshot {
  const { DBSnapshotIdentifier = '', DBSnapshotArn = '', DBInstanceIdentifier = '' } = shown;
  return {
    id: DBSnapshotIdentifier,
    arn: DBSnapshotArn,
    server: { kind: 'instance', id: DBInstanceIdentifier.toLowerCase() },
    status: statusIn(shown.Status),
    startedAt: shown.OriginalSnapshotCreateTime ?? shown.SnapshotCreateTime,
    isEncrypted: shown.Encrypted ?? false,
    tags: tagsIn(shown.TagList),
  };
}

function ofCluster(shown: DBClusterSnapshot): ShownSnapshot {
  const {
    DBClusterSnapshotIdentifier = '',
    DBClusterSnapshotArn = '',
    DBClusterIdentifier = '',
  } = shown;
  return {
    id: DBClusterSnapshotIdentifier,
    arn: DBClusterSnapshotArn,
    server: { kind: 'cluster', id: DBClusterIdentifier.toLowerCase() },
    status: statusIn(shown.Status),
    startedAt: shown.SnapshotCreateTime,
    isEncrypted: shown.StorageEncrypted ?? false,
    tags: tagsIn(shown.TagList),
  };
}

/** RDS says `creating`, `copying`, and `pending` in between. */
function statusIn(status = ''): SnapshotStatus {
  if (status === 'available') return 'available';
  return /fail|incompatible|error/i.test(status) ? 'failed' : 'creating';
}

function tagsIn(list: readonly Tag[] = []): Tags {
  return Object.fromEntries(list.map(({ Key = '', Value = '' }) => [Key, Value]));
}
