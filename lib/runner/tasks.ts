import type { Cluster } from 'aws-cdk-lib/aws-ecs';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ConfigAsset } from '../config-asset.ts';
import type { Installation } from '../installation.ts';
import type { EvidenceAccess } from '../vault/evidence-access.ts';
import type { VaultAccess } from '../vault-access.ts';
import { taskCluster } from './cluster.ts';
import { encryptedLog } from './log-group.ts';
import { TaskNetwork } from './network.ts';
import type { TaskPlace } from './run-task.ts';
import { TaskDefinitions } from './task-definitions.ts';
import { processorOf, taskImage } from './task-image.ts';
import { TaskRoles } from './task-roles.ts';
import { volumeRole } from './volume-role.ts';

export interface TasksProps {
  installation: Installation;
  key: IKey;
  access: VaultAccess;
  evidence: EvidenceAccess;
  config: ConfigAsset;
  environment: Record<string, string>;
}

/** All that a task needs to run: network, cluster, image, roles, sizes, log. */
export class Tasks extends Construct {
  readonly cluster: Cluster;
  readonly network: TaskNetwork;
  readonly roles: TaskRoles['roles'];
  readonly definitions: TaskDefinitions;
  readonly log: LogGroup;
  readonly place: TaskPlace;

  constructor(
    scope: Construct,
    id: string,
    { installation, key, access, evidence, config, environment }: TasksProps,
  ) {
    super(scope, id);
    const { names, aws } = installation;
    const processor = processorOf(aws.tasks);
    this.network = new TaskNetwork(this, 'Network', { installation });
    this.cluster = taskCluster(this, { names, vpc: this.network.vpc });
    this.log = encryptedLog(this, 'Log', { name: `${names.logGroups}/tasks`, key });
    const { roles, readers } = new TaskRoles(this, 'Roles', {
      ...{ installation, access, evidence, config },
    });
    this.roles = roles;
    const image = taskImage(this, { processor });
    const { log } = this;
    this.definitions = new TaskDefinitions(this, 'Definitions', {
      names,
      image,
      processor,
      roles,
      readers,
      signingKeys: { drill: evidence.keys.evidence },
      log,
      environment,
    });
    const volumes = {
      roleArn: volumeRole(this, { keyArn: key.keyArn }).roleArn,
      keyArn: key.keyArn,
    };
    this.place = {
      cluster: this.cluster,
      network: this.network,
      definitions: this.definitions,
      isSpot: aws.tasks.spot,
      lockWaitSeconds: longestWait(installation),
      volumes,
    };
  }
}

function longestWait({ plans }: Installation): number {
  return Math.max(0, ...plans.map(({ plan }) => plan.lockWait));
}
