import { callerIdentity } from '../adapters/access/caller-identity.ts';
import { EcsTaskRunner } from '../adapters/ecs-task-runner.ts';
import { SnsNotifier } from '../adapters/sns-notifier.ts';
import { SnsSubscriptions } from '../adapters/sns-subscriptions.ts';
import { StateMachines } from '../adapters/state-machines.ts';
import type { AwsConfig } from '../config/aws-schema.ts';
import { stackNames } from '../domain/stack-names.ts';
import type { TaskSize } from '../domain/task-size.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { type RemoteSizeWish, remoteSize } from '../operations/remote-size.ts';
import { findMachine, type RemoteContext } from '../operations/remote-task.ts';
import type { TestAlertTarget } from '../operations/test-alerts.ts';
import type { LoadedConfig } from './load-config.ts';
import { repositoryOf } from './repositories.ts';

/** What of the config the stack was made by. @throws HoldfastError USAGE. */
export function awsOf({ config }: LoadedConfig): AwsConfig {
  if (config.aws !== undefined) return config.aws;
  throw new HoldfastError({
    code: 'USAGE',
    message: 'the config has no `aws`, so there is no stack to work in',
    hint: 'Name the config that was deployed with --config; docs/ARCHITECTURE.md says how to deploy one.',
  });
}

/** The deployed stack, with the credentials of whoever asks. */
export function remoteContext(
  loaded: LoadedConfig,
  options: Pick<RemoteContext, 'progress' | 'note' | 'signal'>,
): RemoteContext {
  const { account, region } = awsOf(loaded);
  const { env } = loaded;
  return {
    names: stackNames(loaded.config.project),
    account,
    region,
    machines: new StateMachines({ env, region }),
    runner: new EcsTaskRunner({ env, region }),
    whoAsks: async () => (await callerIdentity({ env, region })).arn,
    ...options,
  };
}

/** Who may start tasks need not be allowed to read the vault: the middle size is taken then. */
export async function remoteSizeOf(
  loaded: LoadedConfig,
  wish: RemoteSizeWish,
  note: (text: string) => void,
): Promise<TaskSize> {
  try {
    return await remoteSize(await repositoryOf(loaded, awsOf(loaded).repository), wish);
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    note(
      `the vault does not tell how large the task has to be (${error.message}): medium is taken`,
    );
    return 'medium';
  }
}

const CHANNELS = ['critical', 'warning'] as const;

/** The topics stand where the state machines do. @throws HoldfastError SERVICE_FAILED, CREDENTIALS, ACCESS_DENIED. */
export async function alertTargets(loaded: LoadedConfig): Promise<TestAlertTarget[]> {
  const { account, region } = awsOf(loaded);
  const { env, config } = loaded;
  const names = stackNames(config.project);
  const machine = await findMachine(
    { machines: new StateMachines({ env, region }), account },
    names.runMachine,
  );
  const [, partition, , , actual] = machine.split(':');
  return CHANNELS.map((channel) => {
    const topic = `arn:${partition}:sns:${region}:${actual}:${names.topics[channel]}`;
    return {
      topic: channel,
      notifier: new SnsNotifier({
        channel,
        topic,
        leastSeverity: 'warning',
        env: { ...env, AWS_REGION: region },
      }),
      subscriptions: new SnsSubscriptions({ channel, topic, env, region }),
    };
  });
}
