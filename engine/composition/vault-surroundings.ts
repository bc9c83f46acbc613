import { stackNames } from '../domain/stack-names.ts';
import { isHoldfastError } from '../errors.ts';
import type { VaultSurroundings } from '../operations/check/check-settings.ts';
import type { NamedRepository } from '../operations/context.ts';
import { openBucket } from './bucket.ts';
import type { LoadedConfig } from './load-config.ts';

/** The bucket of the replica in its region, and the keys of both stores; undefined where the config has no vault of a stack. */
export function vaultSurroundings(loaded: LoadedConfig): VaultSurroundings | undefined {
  const { aws, project } = loaded.config;
  if (aws === undefined || loaded.config.repositories[aws.repository]?.bucket === undefined)
    return undefined;
  const { sseAlias, replicaAlias } = stackNames(project);
  const replica = replicaOf(loaded);
  return {
    replica,
    storeKeys: async () => ({
      vault: await keyArn(loaded, { alias: sseAlias, region: aws.region }),
      replica:
        replica === undefined || aws.replica === 'none'
          ? undefined
          : await keyArn(loaded, { alias: replicaAlias, region: aws.replica.region }),
    }),
  };
}

/** One that the stack made: a bucket of another account is not ours to ask. */
function replicaOf({ config, env }: LoadedConfig): NamedRepository | undefined {
  const { aws, project, repositories } = config;
  if (aws === undefined || aws.replica === 'none' || aws.replica.bucketArn !== undefined)
    return undefined;
  const { region } = aws.replica;
  const vault = repositories[aws.repository] ?? {};
  const bucket = stackNames(project).replicaOf(vault.bucket ?? '');
  return {
    name: `replica in ${region}`,
    repository: openBucket({ ...vault, bucket, region }, env),
  };
}

/** The check of keys says why a key can not be asked. */
async function keyArn(
  { env }: LoadedConfig,
  { alias, region }: { alias: string; region: string },
): Promise<string | undefined> {
  const { askKmsKey } = await import('../adapters/kms-key-state.ts');
  try {
    const asked = await askKmsKey(alias, { env, region });
    return 'told' in asked ? (asked.told.arn ?? undefined) : undefined;
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return undefined;
  }
}
