import { Aws, Duration } from 'aws-cdk-lib';
import type { Cluster } from 'aws-cdk-lib/aws-ecs';
import { CustomState, JitterType } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { STACK_ENV } from '../../engine/contract.ts';
import { TASK_RESOURCES, type TaskSize } from '../../engine/domain/task-size.ts';
import type { TaskNetwork } from './network.ts';
import { bringsVolume, CONTAINER, type TaskDefinitions, volumeOf } from './task-definitions.ts';
import type { TaskKind } from './task-roles.ts';

/** Where tasks run, and on what. */
export interface TaskPlace {
  cluster: Cluster;
  network: TaskNetwork;
  definitions: TaskDefinitions;
  /** Backups begin on Fargate Spot; whatever reads or restores is not worth a second try. */
  isSpot: boolean;
  /** How long a backup may stand behind another plan's before its own time begins. */
  lockWaitSeconds: number;
  /** Of the volumes of large drills. */
  volumes: { roleArn: string; keyArn: string };
}

export interface RunTaskProps {
  kind: TaskKind;
  size: TaskSize;
  place: TaskPlace;
}

/** Calls of ECS that failed before there was a task; what becomes of the task itself is judged by record-outcome. */
const REFUSED_FOR_NOW = [
  'ECS.AmazonECSException',
  'ECS.ServerException',
  'ECS.ThrottlingException',
  'AmazonECS.Unknown',
];

/** Runs one task and waits for its end, with the job at `$.job` and, for Spot, `$.capacity`; what ECS says of the end lands at `$.end.task`. */
export function runTask(
  scope: Construct,
  id: string,
  { kind, size, place }: RunTaskProps,
): CustomState {
  const state = new CustomState(scope, id, {
    stateJson: {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::ecs:runTask.sync`,
      Parameters: parameters({ kind, size, place }),
      TimeoutSeconds:
        TASK_RESOURCES[size].hours * 3600 + (kind === 'backup' ? place.lockWaitSeconds : 0),
      ResultPath: '$.end.task',
    },
  });
  return state.addRetry({
    errors: REFUSED_FOR_NOW,
    interval: Duration.seconds(20),
    maxAttempts: 5,
    backoffRate: 2,
    maxDelay: Duration.minutes(5),
    jitterStrategy: JitterType.FULL,
  });
}

function parameters({ kind, size, place }: RunTaskProps): object {
  const { cluster, network, definitions, isSpot, volumes } = place;
  return {
    Cluster: cluster.clusterArn,
    // By its family: CloudFormation deregisters the revisions before, which an execution that began before a deployment would name.
    TaskDefinition: definitions.of(kind, size).family,
    ...(isSpot && kind === 'backup' ? onSpot() : { LaunchType: 'FARGATE' }),
    PlatformVersion: '1.4.0',
    PropagateTags: 'TASK_DEFINITION',
    NetworkConfiguration: { AwsvpcConfiguration: networkOf(kind, network) },
    ...(bringsVolume(kind, size) ? { VolumeConfigurations: [volumeOf(kind, size, volumes)] } : {}),
    Overrides: {
      ContainerOverrides: [
        { Name: CONTAINER, Environment: [{ Name: STACK_ENV.job, 'Value.$': '$.job' }] },
      ],
    },
  };
}

/** record-outcome has the last try run on capacity that lasts. */
function onSpot(): object {
  return { CapacityProviderStrategy: [{ 'CapacityProvider.$': '$.capacity', Weight: 1 }] };
}

/** A task that logs in to no database has no way to one. */
function networkOf(
  kind: TaskKind,
  { subnetIds, isPublic, databaseClients, vaultOnly }: TaskNetwork,
): object {
  const hasDatabase = kind === 'backup' || kind === 'restore';
  const groups = hasDatabase ? databaseClients : [vaultOnly];
  return {
    Subnets: subnetIds,
    SecurityGroups: groups.map(({ securityGroupId }) => securityGroupId),
    AssignPublicIp: isPublic ? 'ENABLED' : 'DISABLED',
  };
}
