import { Duration, Size } from 'aws-cdk-lib';
import {
  Capability,
  FargateTaskDefinition,
  LinuxParameters,
  LogDriver,
  OperatingSystemFamily,
  type Volume,
} from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { STACK_ENV, TASK_SIZES } from '../../engine/contract.ts';
import { TASK_RESOURCES, type TaskSize } from '../../engine/domain/task-size.ts';
import { acknowledge } from '../acknowledge.ts';
import type { Names } from '../names.ts';
import { managedRole } from './managed-role.ts';
import { allow } from './statements.ts';
import { CPU, type Processor, type TaskImage } from './task-image.ts';
import { TASK_KINDS, type TaskKind } from './task-roles.ts';

export const CONTAINER = 'holdfast';
/** The only place where a task may write. */
const SCRATCH = 'scratch';
/** What Fargate has of its own; more is a volume of EBS, which each run brings along. */
const MOST_EPHEMERAL_GIB = 200;
/** Of the image; ECS lets this user write to a volume of EBS only where the definition names it too. */
const TASK_USER = '1000:1000';
/** Fargate's longest: what is left of a run is put in order in it. */
const STOP_TIMEOUT = Duration.seconds(120);

export interface TaskDefinitionsProps {
  names: Names;
  image: TaskImage;
  processor: Processor;
  roles: Readonly<Record<TaskKind, IRole>>;
  readers: Readonly<Partial<Record<TaskKind, IRole>>>;
  /** Of the kinds that sign. */
  signingKeys: Readonly<Partial<Record<TaskKind, IKey>>>;
  log: LogGroup;
  environment: Record<string, string>;
}

/** Three sizes of each kind of task, on one image. */
export class TaskDefinitions extends Construct {
  readonly executionRole: IRole;
  readonly #definitions = new Map<string, FargateTaskDefinition>();

  constructor(scope: Construct, id: string, props: TaskDefinitionsProps) {
    super(scope, id);
    this.executionRole = managedRole(this, 'Execution', {
      service: 'ecs-tasks.amazonaws.com',
      description: 'Holdfast: pulls the image and writes the log of tasks',
      statements: [...pulls(props.image), logs(props.log)],
      whyWildcards: 'A login to ECR knows no narrower resource; streams of the one log group.',
    });
    for (const kind of TASK_KINDS)
      for (const size of TASK_SIZES)
        this.#definitions.set(`${kind}-${size}`, this.#define(kind, size, props));
  }

  of(kind: TaskKind, size: TaskSize): FargateTaskDefinition {
    return this.#definitions.get(`${kind}-${size}`) as FargateTaskDefinition;
  }

  #define(
    kind: TaskKind,
    size: TaskSize,
    { names, image, processor, roles, log, ...props }: TaskDefinitionsProps,
  ) {
    const { cpu, memoryMiB } = TASK_RESOURCES[size];
    const definition = new FargateTaskDefinition(this, `${kind}-${size}`, {
      family: names.of(`${kind}-${size}`),
      cpu,
      memoryLimitMiB: memoryMiB,
      ...(bringsVolume(kind, size) ? {} : { ephemeralStorageGiB: diskOf(kind, size) }),
      runtimePlatform: {
        cpuArchitecture: CPU[processor],
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
      taskRole: roles[kind],
      executionRole: this.executionRole,
      volumes: [scratch(kind, size)],
    });
    const container = definition.addContainer(CONTAINER, {
      image: image.image,
      memoryLimitMiB: memoryMiB,
      user: TASK_USER,
      readonlyRootFilesystem: true,
      stopTimeout: STOP_TIMEOUT,
      environment: environmentOf(kind, props),
      linuxParameters: this.#hardened(`${kind}-${size}-linux`),
      logging: LogDriver.awsLogs({ streamPrefix: kind, logGroup: log }),
    });
    acknowledge(
      definition,
      ['AwsSolutions-ECS2'],
      'Names and ARNs of the stack; what is secret is asked for in Secrets Manager by the task.',
    );
    container.addMountPoints({ containerPath: '/tmp', sourceVolume: SCRATCH, readOnly: false });
    return definition;
  }

  /** Without an init process: it would run as the same user as the server of a drill, which could read the task's credentials in its environment. */
  #hardened(id: string): LinuxParameters {
    const parameters = new LinuxParameters(this, id, { initProcessEnabled: false });
    parameters.dropCapabilities(Capability.ALL);
    return parameters;
  }
}

function environmentOf(
  kind: TaskKind,
  {
    environment,
    readers,
    signingKeys,
  }: Pick<TaskDefinitionsProps, 'environment' | 'readers' | 'signingKeys'>,
): Record<string, string> {
  const [reader, key] = [readers[kind], signingKeys[kind]];
  return {
    ...environment,
    ...(reader === undefined ? {} : { [STACK_ENV.readerRole]: reader.roleArn }),
    ...(key === undefined ? {} : { [STACK_ENV.signingKey]: key.keyArn }),
  };
}

/** Only a drill keeps something on disk. */
function diskOf(kind: TaskKind, size: TaskSize): number {
  const { diskGiB, drillDiskGiB } = TASK_RESOURCES[size];
  return kind === 'drill' ? drillDiskGiB : diskGiB;
}

export function bringsVolume(kind: TaskKind, size: TaskSize): boolean {
  return diskOf(kind, size) > MOST_EPHEMERAL_GIB;
}

/** What a run says of the volume that it brings. */
export function volumeOf(
  kind: TaskKind,
  size: TaskSize,
  { roleArn, keyArn }: { roleArn: string; keyArn: string },
): object {
  return {
    Name: SCRATCH,
    ManagedEBSVolume: {
      RoleArn: roleArn,
      SizeInGiB: Size.gibibytes(diskOf(kind, size)).toGibibytes(),
      VolumeType: 'gp3',
      FilesystemType: 'ext4',
      Encrypted: true,
      KmsKeyId: keyArn,
      TerminationPolicy: { DeleteOnTermination: true },
    },
  };
}

function scratch(kind: TaskKind, size: TaskSize): Volume {
  return bringsVolume(kind, size) ? { name: SCRATCH, configuredAtLaunch: true } : { name: SCRATCH };
}

function pulls({ repositoryArn }: TaskImage): PolicyStatement[] {
  return [
    allow(['ecr:GetAuthorizationToken'], ['*']),
    allow(
      ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
      [repositoryArn],
    ),
  ];
}

function logs({ logGroupArn }: LogGroup): PolicyStatement {
  return new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroupArn],
  });
}
