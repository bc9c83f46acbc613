import type { Config } from '../../config/schema.ts';
import { type Finding, finding } from '../../domain/finding.ts';
import {
  judgeFolderSettings,
  judgeVaultSettings,
  type VaultWish,
} from '../../domain/health/settings.ts';
import { replicaGuardsBySid, vaultGuardsBySid } from '../../domain/stack/vault-guards.ts';
import { stackNames } from '../../domain/stack-names.ts';
import { isHoldfastError } from '../../errors.ts';
import type { NamedRepository } from '../context.ts';

export type ConfigOfVault = Pick<Config, 'repositories' | 'aws' | 'project'>;

/** What belongs to the vault of a stack and is no repository of the config. */
export interface VaultSurroundings {
  /** The bucket of the replica; undefined where the stack made none. */
  replica: NamedRepository | undefined;
  /** ARNs of the keys that the stores encrypt with; undefined where that is not known. */
  storeKeys(): Promise<{ vault: string | undefined; replica: string | undefined }>;
}

export interface SettingsOptions {
  config: ConfigOfVault;
  asksVault: boolean;
  surroundings: VaultSurroundings | undefined;
}

/**
 * Whether a repository is set up as it was meant to be: a folder belongs to one user, and the vault of a stack and its replica are as
 * the config asks for. Other buckets are left to doctor: no config says how they should be.
 */
export async function checkSettings(
  place: NamedRepository,
  { config, asksVault, surroundings }: SettingsOptions,
): Promise<Finding[]> {
  const isFolder = config.repositories[place.name]?.bucket === undefined;
  if (isFolder) return judgePlace(place, undefined);
  const wish = asksVault ? vaultWish(place.name, config) : undefined;
  if (wish === undefined) return [];
  const keys = await surroundings?.storeKeys();
  const found = await judgePlace(place, { ...wish, storeKey: keys?.vault });
  if (surroundings?.replica === undefined) return found;
  const guards = replicaGuardsBySid(wish.lock.mode);
  const ofReplica = { ...wish, guards, replica: null, storeKey: keys?.replica };
  return [...found, ...(await judgePlace(surroundings.replica, ofReplica))];
}

async function judgePlace(
  { name, repository }: NamedRepository,
  wish: VaultWish | undefined,
): Promise<Finding[]> {
  try {
    const settings = await repository.settings();
    if (settings.kind === 'folder') return judgeFolderSettings(settings, { repository: name });
    return wish === undefined ? [] : judgeVaultSettings(settings, { repository: name, wish });
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const { message: detail, hint = null } = error;
    const place = { plan: null, database: null, repository: name };
    return [finding(place, { verdict: 'settings', severity: 'unknown', detail, hint })];
  }
}

function vaultWish(
  repository: string,
  { aws, project, repositories }: ConfigOfVault,
): VaultWish | undefined {
  if (aws?.repository !== repository) return undefined;
  const { lock, replica, breakGlassRole } = aws;
  const { bucket = '' } = repositories[repository] ?? {};
  const bucketOfReplica =
    replica === 'none'
      ? null
      : (replica.bucketArn?.replace(/^arn:[\w-]+:/, '') ??
        `s3:::${stackNames(project).replicaOf(bucket)}`);
  return {
    ...{ project, lock, replica: bucketOfReplica, breakGlassRole },
    ...{ guards: vaultGuardsBySid(lock.mode), storeKey: undefined },
  };
}
