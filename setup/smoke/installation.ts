import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallAws, DeployedStack } from '../../demo/aws/deployed-stack.ts';
import { cdkBootstrap, cdkDeploy } from '../cdk.ts';
import { isGone } from './absent.ts';
import { makeDatabase, type SmokeDatabase } from './database.ts';
import type { Identity } from './identity.ts';
import { findNetwork } from './network.ts';
import type { Patience } from './patience.ts';
import type { Settings } from './settings.ts';
import { smokeConfig } from './smoke-config.ts';

/** What the smoke test has made, so far. */
export interface SmokeInstallation {
  call: CallAws;
  settings: Settings;
  identity: Identity;
  project: string;
  bucket: string;
  /** Undefined where the database is the caller's. */
  database: SmokeDatabase | undefined;
  deployed: DeployedStack;
  /** URLs of queues that hear the topics. */
  queues: Record<'critical' | 'warning', string>;
  /** Of a command line that works with it. */
  env: Record<string, string>;
  patience: Patience;
}

export interface InstallParts {
  call: CallAws;
  settings: Settings;
  identity: Identity;
  project: string;
  bucket: string;
  patience: Patience;
  say: (text: string) => void;
}

/** Bootstraps where that is missing, makes a database unless one is given, and deploys. */
export async function install(parts: InstallParts): Promise<SmokeInstallation> {
  const { call, settings, identity, project, bucket, patience, say } = parts;
  const network = await findNetwork(call);
  await bootstrap(parts);
  const database =
    settings.databaseSecret === undefined
      ? await makeDatabase({ call, project, network, patience, say })
      : undefined;
  const given = {
    secret: settings.databaseSecret ?? '',
    securityGroups: settings.securityGroups ?? [],
  };
  const config = smokeConfig({
    settings,
    identity,
    network,
    database: database ?? given,
    project,
    bucket,
  });
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-smoke-'));
  const env = { HOLDFAST_CONFIG: join(folder, 'holdfast.yaml') };
  process.once('exit', () => void rm(folder, { recursive: true, force: true }));
  await writeFile(env.HOLDFAST_CONFIG, JSON.stringify(config));
  say('cdk deploy --all: some 10 minutes');
  const outputs = await cdkDeploy({ env, signal: patience.signal, say: () => undefined });
  const runner = Object.entries(outputs).find(([name]) => name.endsWith('Runner'))?.[1] ?? {};
  const queues = {
    critical: await listen(parts, {
      name: `${project}-critical`,
      topic: runner.CriticalTopic ?? '',
    }),
    warning: await listen(parts, { name: `${project}-warning`, topic: runner.WarningTopic ?? '' }),
  };
  const pollMs = settings.isLocal ? 200 : 5000;
  const deployed = new DeployedStack({
    call,
    project,
    bucket,
    outputs,
    pager: queues.critical,
    pollMs,
  });
  return { call, settings, identity, project, bucket, database, deployed, queues, env, patience };
}

async function bootstrap({
  call,
  settings: { region, replica },
  identity,
  patience,
  say,
}: InstallParts): Promise<void> {
  const missing: string[] = [];
  for (const one of [region, replica])
    if (
      await isGone(() => call('cloudformation', 'DescribeStacks', { StackName: 'CDKToolkit' }, one))
    )
      missing.push(one);
  if (missing.length === 0) return;
  say(`cdk bootstrap of ${missing.join(' and ')}, which stays`);
  await cdkBootstrap(identity.account, missing, {
    env: {},
    signal: patience.signal,
    say: () => undefined,
  });
}

/** A queue of SQS that stands for somebody's pager. */
async function listen(
  { call, settings, identity }: InstallParts,
  { name, topic }: { name: string; topic: string },
): Promise<string> {
  const arn = `arn:${identity.partition}:sqs:${settings.region}:${identity.account}:${name}`;
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arn,
    Condition: { ArnEquals: { 'aws:SourceArn': topic } },
  };
  const Attributes = { Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) };
  const { QueueUrl } = await call<{ QueueUrl: string }>('sqs', 'CreateQueue', {
    QueueName: name,
    Attributes,
  });
  await call('sns', 'Subscribe', { TopicArn: topic, Protocol: 'sqs', Endpoint: arn });
  return QueueUrl;
}
