import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallAws } from '../../demo/aws/deployed-stack.ts';
import type { SmokeNetwork } from './network.ts';

/** The smallest instance that RDS has, empty: what Holdfast does with rows is proven elsewhere. */
export interface SmokeDatabase {
  /** Name of a secret with address and login. */
  secret: string;
  securityGroups: string[];
  /** Identifier of the instance, where it is ours. */
  instance: string;
}

export interface DatabaseParts {
  call: CallAws;
  project: string;
  network: SmokeNetwork;
  say: (text: string) => void;
}

interface Instance {
  DBInstanceStatus: string;
  Endpoint?: { Address: string; Port: number };
}

const POLL_MS = 20_000;

export async function makeDatabase({ call, project, network, say }: DatabaseParts): Promise<SmokeDatabase> {
  const { GroupId } = await call<{ GroupId: string }>('ec2', 'CreateSecurityGroup', {
    GroupName: project,
    Description: `Holdfast ${project}: tasks and their database`,
    VpcId: network.vpcId,
  });
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, UserIdGroupPairs: [{ GroupId }] }];
  await call('ec2', 'AuthorizeSecurityGroupIngress', { GroupId, IpPermissions });
  const password = randomBytes(16).toString('hex');
  await call('rds', 'CreateDBInstance', {
    DBInstanceIdentifier: project,
    DBInstanceClass: 'db.t4g.micro',
    Engine: 'postgres',
    AllocatedStorage: 20,
    DBName: 'smoke',
    MasterUsername: 'smoke',
    MasterUserPassword: password,
    VpcSecurityGroupIds: [GroupId],
    BackupRetentionPeriod: 1,
    PubliclyAccessible: false,
    StorageEncrypted: true,
  });
  say('RDS makes an instance: some 8 minutes');
  const { Address: host, Port: port } = await endpointOf(call, project);
  const SecretString = JSON.stringify({ engine: 'postgres', username: 'smoke', password, host, port, dbname: 'smoke' });
  await call('secretsmanager', 'CreateSecret', { Name: `${project}/database`, SecretString });
  return { secret: `${project}/database`, securityGroups: [GroupId], instance: project };
}

async function endpointOf(call: CallAws, DBInstanceIdentifier: string): Promise<NonNullable<Instance['Endpoint']>> {
  for (;;) {
    const { DBInstances } = await call<{ DBInstances: Instance[] }>('rds', 'DescribeDBInstances', { DBInstanceIdentifier });
    const [{ DBInstanceStatus, Endpoint } = { DBInstanceStatus: 'gone' }] = DBInstances;
    if (DBInstanceStatus === 'available' && Endpoint !== undefined) return Endpoint;
    if (/failed|gone|incompatible/.test(DBInstanceStatus)) throw new Error(`RDS could not make an instance: ${DBInstanceStatus}`);
    await sleep(POLL_MS);
  }
}

/** It waits until the instance is gone, because the security group can't go before. */
export async function removeDatabase(call: CallAws, { instance, secret, securityGroups }: SmokeDatabase): Promise<void> {
  await call('rds', 'DeleteDBInstance', { DBInstanceIdentifier: instance, SkipFinalSnapshot: true, DeleteAutomatedBackups: true });
  await call('secretsmanager', 'DeleteSecret', { SecretId: secret, ForceDeleteWithoutRecovery: true });
  for (;;) {
    const wish = { DBInstanceIdentifier: instance };
    const isThere = await call('rds', 'DescribeDBInstances', wish).then(
      () => true,
      () => false,
    );
    if (!isThere) break;
    await sleep(POLL_MS);
  }
  for (const GroupId of securityGroups) await call('ec2', 'DeleteSecurityGroup', { GroupId });
}
