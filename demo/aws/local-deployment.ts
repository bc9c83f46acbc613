import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalNetwork, LocalStack } from '../../setup/local-stack.ts';
import type { DeployedStackParts } from './deployed-stack.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Names of what is deployed into a local AWS; `container` is the one that the stack builds. */
export const LOCAL = {
  project: 'clinic',
  region: 'eu-central-1',
  replica: 'eu-west-1',
  bucket: 'clinic-vault',
  container: 'holdfast',
} as const;

/** What stands for the image: the task itself, started as the image starts it. */
export const TASK_PROGRAM = [
  process.execPath,
  '--max-semi-space-size=1',
  '--initial-old-space-size=64',
  join(ROOT, 'task/main.ts'),
];

export interface LocalConfigParts {
  network: LocalNetwork;
  databases: Record<string, object>;
  plans: Record<string, object>;
  tasks?: object | undefined;
}

/** JSON is YAML too. */
export async function writeLocalConfig(
  folder: string,
  { network, databases, plans, tasks = {} }: LocalConfigParts,
): Promise<void> {
  const { vpcId, subnetId, availabilityZone } = network;
  const config = {
    project: LOCAL.project,
    databases,
    repositories: { cloud: { bucket: LOCAL.bucket, region: LOCAL.region } },
    plans,
    aws: {
      account: '123456789012',
      region: LOCAL.region,
      repository: 'cloud',
      replica: { region: LOCAL.replica },
      network: {
        vpcId,
        subnetIds: [subnetId],
        availabilityZones: [availabilityZone],
        isPublic: true,
      },
      tasks,
      alerts: {
        critical: { email: ['oncall@example.org'] },
        warning: { email: ['team@example.org'] },
      },
    },
  };
  await writeFile(join(folder, 'holdfast.yaml'), JSON.stringify(config));
}

/** Deploys the config that `env` names, and lets a pager listen. */
export async function deployLocally(
  stack: LocalStack,
  env: Record<string, string>,
): Promise<DeployedStackParts> {
  const outputs = await stack.deploy(env);
  const pager = await subscribePager(stack, outputs.ClinicRunner?.CriticalTopic ?? '');
  const call: DeployedStackParts['call'] = (service, operation, input, region) =>
    stack.call(service, operation, input, region);
  return { call, project: LOCAL.project, bucket: LOCAL.bucket, outputs, pager };
}

/** The URL of a queue that stands for somebody's pager. */
async function subscribePager(stack: LocalStack, TopicArn: string): Promise<string> {
  const { QueueUrl } = await stack.call<{ QueueUrl: string }>('sqs', 'CreateQueue', {
    QueueName: 'pager',
  });
  await stack.call('sns', 'Subscribe', {
    TopicArn,
    Protocol: 'sqs',
    Endpoint: `arn:aws:sqs:${LOCAL.region}:123456789012:pager`,
  });
  return QueueUrl;
}
