import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Environment } from '../config/from-environment.ts';
import { withOwnNames } from '../config/parse-config.ts';
import type { ResolvedConfig } from '../config/resolved-config.ts';
import type { Config } from '../config/schema.ts';
import { ENV, HOLDFAST_VERSION, STACK_ENV } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
import type { Context } from '../operations/context.ts';
import { openBucket } from './bucket.ts';
import type { LoadedConfig } from './load-config.ts';
import { actorOf } from './stack-actor.ts';
import { textFiles } from './stack-files.ts';

/** What a task or a Lambda function of the stack works with. */
export interface Stack {
  loaded: LoadedConfig;
  /** Who writes the audit records. */
  actor: Context['actor'];
  /** Of the metrics. */
  namespace: string;
  /** The resolved config as synth wrote it, and the SHA-256 of its bytes. */
  deployed: { uri: string; sha256: string };
}

/** As synth wrote it; what stands in the config was checked there. */
const resolvedSchema = z.looseObject({
  version: z.string(),
  config: z.looseObject({
    project: z.string(),
    databases: z.record(z.string(), z.looseObject({})),
    repositories: z.record(z.string(), z.looseObject({ bucket: z.string() })),
    plans: z.record(z.string(), z.looseObject({})),
    snapshotPlans: z.record(z.string(), z.looseObject({})),
  }),
  breakGlass: z.string().nullable(),
});

const opened = new Map<string, Promise<Stack>>();

/**
 * The stack that this process belongs to, by its environment; read once a process, and again after a failure.
 * @throws HoldfastError CONFIG_INVALID, and what reading an object of a bucket may throw.
 */
export function openStack(env: Environment): Promise<Stack> {
  const uri = stackVariable(env, STACK_ENV.configUri);
  const known = opened.get(uri);
  if (known !== undefined) return known;
  const reading = readStack(uri, env).catch((error: unknown) => {
    opened.delete(uri);
    throw error;
  });
  opened.set(uri, reading);
  return reading;
}

/** A variable that synth sets. @throws HoldfastError CONFIG_INVALID. */
export function stackVariable(env: Environment, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `the environment has no ${name}`,
    hint: 'Tasks and functions get it from the stack: deploy it again (npx cdk deploy --all).',
  });
}

async function readStack(uri: string, env: Environment): Promise<Stack> {
  const { resolved, sha256 } = await readResolved(uri, env);
  const { version, config, breakGlass } = resolved;
  if (version !== HOLDFAST_VERSION) throw mismatched(version);
  const loaded: LoadedConfig = {
    config: withOwnNames({
      ...config,
      repositories: vaultOf(config, env),
      keys: keysOf(breakGlass, env),
      heartbeatUrl: env[STACK_ENV.heartbeatUrl],
    }),
    path: undefined,
    env: { ...env, [ENV.keyFile]: undefined },
    resolvePath: textFiles(),
  };
  return {
    loaded,
    actor: await actorOf(env),
    namespace: stackVariable(env, STACK_ENV.metricsNamespace),
    deployed: { uri, sha256 },
  };
}

async function readResolved(
  uri: string,
  env: Environment,
): Promise<{ resolved: ResolvedConfig; sha256: string }> {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  const content = await openBucket({ bucket }, env).get(key);
  const parsed = resolvedSchema.safeParse(JSON.parse(content.toString('utf8')));
  const sha256 = createHash('sha256').update(content).digest('hex');
  if (parsed.success) return { resolved: parsed.data as unknown as ResolvedConfig, sha256 };
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `${uri} is not the config of a stack`,
    hint: 'Deploy the stack again (npx cdk deploy --all).',
  });
}

/** Only the bucket that the stack made: what else a config names can't be reached from here. */
function vaultOf({ repositories }: Config, env: Environment): Config['repositories'] {
  const bucket = stackVariable(env, STACK_ENV.vault);
  const found = Object.entries(repositories).filter(
    ([, repository]) => repository.bucket === bucket,
  );
  if (found.length > 0) return Object.fromEntries(found);
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `the config names no repository with the bucket ${bucket}`,
    hint: 'Deploy the stack again (npx cdk deploy --all).',
  });
}

function keysOf(breakGlass: string | null, env: Environment): Config['keys'] {
  return {
    kms: stackVariable(env, STACK_ENV.kmsKey),
    ...(breakGlass === null ? {} : { breakGlass }),
  };
}

function mismatched(version: string): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `the config was made by Holdfast ${version}, and this is ${HOLDFAST_VERSION}`,
    hint: 'A deployment is under way or stopped halfway: finish it (npx cdk deploy --all).',
  });
}
