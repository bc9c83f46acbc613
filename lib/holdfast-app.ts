import { Annotations, type App } from 'aws-cdk-lib';
import type { ReadAuthorities } from '../engine/config/authorities.ts';
import type { AwsConfig } from '../engine/config/aws-schema.ts';
import { resolveConfig } from '../engine/config/resolved-config.ts';
import type { Config } from '../engine/config/schema.ts';
import { stackFindings } from '../engine/domain/stack-mistakes.ts';
import { HoldfastError } from '../engine/errors.ts';
import { type Installation, installationOf } from './installation.ts';
import { KeysStack } from './keys-stack.ts';
import { ReplicaStack } from './replica-stack.ts';
import { RunnerStack } from './runner-stack.ts';
import { VaultStack } from './vault-stack.ts';

export interface HoldfastAppProps {
  config: Config;
  /** Of the credentials with which it is deployed, where there are some. */
  defaultAccount: string | undefined;
  /** The public half of the break-glass pair as PEM. */
  breakGlass?: string | undefined;
  /** Of the databases that name a file of them. */
  authorities?: ReadAuthorities | undefined;
  now: Date;
}

export interface HoldfastStacks {
  keys: KeysStack;
  replica: ReplicaStack | undefined;
  vault: VaultStack;
  runner: RunnerStack;
}

/**
 * All stacks of one holdfast.yaml.
 * @throws HoldfastError CONFIG_INVALID that names every mistake at once.
 */
export function addStacks(app: App, props: HoldfastAppProps): HoldfastStacks {
  const { installation, notes } = installationIn(props);
  const keys = new KeysStack(app, { installation });
  const replica = replicaOf(app, installation, keys);
  const vault = new VaultStack(app, {
    installation,
    envelopeKey: keys.envelopeKey,
    sseKey: keys.sseKey,
  });
  if (replica !== undefined) vault.addStackDependency(replica);
  const runner = runnerOf(app, { ...props, installation, keys, vault });
  for (const note of notes) Annotations.of(vault).addInfo(note);
  return { keys, replica, vault, runner };
}

interface RunnerParts extends HoldfastAppProps {
  installation: Installation;
  keys: KeysStack;
  vault: VaultStack;
}

function runnerOf(
  app: App,
  { installation, keys, vault, breakGlass, authorities, now }: RunnerParts,
): RunnerStack {
  const { config, aws } = installation;
  const resolved = resolveConfig(
    { ...config, aws },
    { breakGlass: breakGlass ?? null, authorities: authorities?.texts ?? {} },
  );
  const { envelopeKey, sseKey } = keys;
  const runner = new RunnerStack(app, {
    installation,
    resolved,
    access: vault.access,
    envelopeKey,
    sseKey,
    signingKeys: keys.signingKeys,
    now,
  });
  runner.addStackDependency(vault);
  return runner;
}

function replicaOf(
  app: App,
  installation: Installation,
  keys: KeysStack,
): ReplicaStack | undefined {
  const { replica } = installation.aws;
  if (replica === 'none') return undefined;
  const stack = new ReplicaStack(app, { installation, replica });
  stack.addStackDependency(keys);
  return stack;
}

function installationIn({ config, defaultAccount, authorities, now }: HoldfastAppProps): {
  installation: Installation;
  notes: string[];
} {
  if (!hasAws(config)) throw refused(['aws: is not there, and it says what to deploy']);
  const account = config.aws.account ?? defaultAccount;
  const { mistakes: found, notes } = stackFindings(config, { now });
  const mistakes = [...found, ...(authorities?.mistakes ?? [])];
  const unknown =
    account === undefined ? ['aws.account: is not set, and no AWS credentials say it'] : [];
  if (account === undefined || mistakes.length > 0) throw refused([...unknown, ...mistakes]);
  return { installation: installationOf(config, { account }), notes };
}

function hasAws(config: Config): config is Config & { aws: AwsConfig } {
  return config.aws !== undefined;
}

function refused(mistakes: readonly string[]): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `the config can not become a stack:\n${mistakes.map((line) => `  ${line}`).join('\n')}`,
    hint: 'docs/CONFIG.md, "The stack", has the rules; holdfast.example.yaml explains every setting.',
  });
}
