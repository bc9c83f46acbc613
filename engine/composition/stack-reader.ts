import { findKmsKey } from '../adapters/kms-key.ts';
import { roleSession } from '../adapters/role-session.ts';
import { longestStallTimeout } from '../config/stall-timeout.ts';
import { STACK_ENV } from '../contract.ts';
import type { SetAddress } from '../domain/key.ts';
import { readerPolicy } from '../domain/reader-policy.ts';
import type { Context, SetReader } from '../operations/context.ts';
import { openBucket } from './bucket.ts';
import type { BuildOptions } from './from-config.ts';
import { type Stack, stackVariable } from './from-stack.ts';
import { stackContext } from './stack-context.ts';

/**
 * The composition root of tasks that read one set: their own role finds it by manifests and marks, and says what came of it; a session of
 * another role, for that set alone, opens and reads it.
 * @throws HoldfastError CONFIG_INVALID where the environment names no such role.
 */
export async function readingContext(
  stack: Stack,
  options: Pick<BuildOptions, 'signal' | 'progress'>,
): Promise<Context> {
  const role = stackVariable(stack.loaded.env, STACK_ENV.readerRole);
  const context = await stackContext(stack, { ...options, access: 'read' });
  return { ...context, readerOf: (set) => openReader(stack, { role, set }) };
}

/** No request is made before something is read. */
async function openReader(
  { loaded: { config, env } }: Stack,
  { role, set }: { role: string; set: SetAddress },
): Promise<SetReader> {
  const [vault = {}] = Object.values(config.repositories);
  const { bucket = '', prefix, region = '' } = vault;
  const { kms: key = '' } = config.keys;
  const stallTimeoutSeconds = longestStallTimeout(config);
  const [, partition = ''] = role.split(':');
  const policy = readerPolicy({
    partition,
    region,
    bucket,
    prefix,
    key,
    project: config.project,
    set,
  });
  const credentials = roleSession({ role, name: set.id, policy, env });
  const { keyring } = await findKmsKey(key, { env, credentials });
  return { repository: openBucket(vault, env, { credentials, stallTimeoutSeconds }), keyring };
}
