import { randomBytes } from 'node:crypto';
import type { CallAws } from '../../demo/aws/deployed-stack.ts';
import { isGone } from './absent.ts';
import type { SmokeNetwork } from './network.ts';
import { type Patience, within } from './patience.ts';

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
  patience: Patience;
  say: (text: string) => void;
}

interface Instance {
  DBInstanceStatus: string;
  Endpoint?: { Address: string; Port: number };
}

/** All has the name of the project: what was begun is found by it. */
export async function makeDatabase({
  call,
  project,
  network,
  patience,
  say,
}: DatabaseParts): Promise<SmokeDatabase> {
  const { GroupId } = await call<{ GroupId: string }>('ec2', 'CreateSecurityGroup', {
    GroupName: project,
    Description: `Holdfast ${project}: tasks and their database`,
    VpcId: network.vpcId,
  });
  const IpPermissions = [
    { IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, UserIdGroupPairs: [{ GroupId }] },
  ];
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
  const { Address: host, Port: port } = await endpointOf(call, project, patience);
  const SecretString = JSON.stringify({
    engine: 'postgres',
    username: 'smoke',
    password,
    host,
    port,
    dbname: 'smoke',
  });
  await call('secretsmanager', 'CreateSecret', { Name: `${project}/database`, SecretString });
  return { secret: `${project}/database`, securityGroups: [GroupId], instance: project };
}

function endpointOf(
  call: CallAws,
  DBInstanceIdentifier: string,
  patience: Patience,
): Promise<NonNullable<Instance['Endpoint']>> {
  return within({ minutes: 40, what: `database ${DBInstanceIdentifier}`, patience }, async () => {
    const { DBInstances } = await call<{ DBInstances: Instance[] }>('rds', 'DescribeDBInstances', {
      DBInstanceIdentifier,
    });
    const [{ DBInstanceStatus, Endpoint } = { DBInstanceStatus: 'gone' }] = DBInstances;
    if (/failed|gone|incompatible/.test(DBInstanceStatus))
      throw new Error(`RDS could not make an instance: ${DBInstanceStatus}`);
    return DBInstanceStatus === 'available' ? Endpoint : undefined;
  });
}

export async function removeSecret(call: CallAws, project: string): Promise<void> {
  await call('secretsmanager', 'DeleteSecret', {
    SecretId: `${project}/database`,
    ForceDeleteWithoutRecovery: true,
  });
}

/** It waits until the instance is gone, because the security group can't go before; one that is still being made is asked again. */
export async function removeInstance(
  call: CallAws,
  project: string,
  patience: Patience,
): Promise<void> {
  const DBInstanceIdentifier = project;
  const remove = async () => {
    await call('rds', 'DeleteDBInstance', {
      DBInstanceIdentifier,
      SkipFinalSnapshot: true,
      DeleteAutomatedBackups: true,
    }).catch(unlessBusy);
    await call('rds', 'DescribeDBInstances', { DBInstanceIdentifier });
  };
  await within({ minutes: 60, what: `database ${project} gone`, patience }, async () =>
    (await isGone(remove)) ? true : undefined,
  );
}

function unlessBusy(error: Error): void {
  if (!/^InvalidDBInstanceState(Fault)?$/.test(error.name)) throw error;
}

/** Network interfaces of tasks and databases go some minutes after them. */
export async function removeGroup(
  call: CallAws,
  project: string,
  patience: Patience,
): Promise<void> {
  const Filters = [{ Name: 'group-name', Values: [project] }];
  const { SecurityGroups } = await call<{ SecurityGroups: { GroupId: string }[] }>(
    'ec2',
    'DescribeSecurityGroups',
    { Filters },
  );
  for (const { GroupId } of SecurityGroups)
    await within({ minutes: 20, what: `security group ${GroupId} without a use`, patience }, () =>
      call('ec2', 'DeleteSecurityGroup', { GroupId }).then(
        () => true,
        (error: Error) => {
          if (error.name !== 'DependencyViolation') throw error;
          return undefined;
        },
      ),
    );
}
