import type { Config } from '../../config/schema.ts';
import { type Finding, finding } from '../../domain/finding.ts';
import {
  judgeFolderSettings,
  judgeVaultSettings,
  type VaultWish,
} from '../../domain/health/settings.ts';
import { stackNames } from '../../domain/stack-names.ts';
import { isHoldfastError } from '../../errors.ts';
import type { NamedRepository } from '../context.ts';

export type ConfigOfVault = Pick<Config, 'repositories' | 'aws' | 'project'>;

/**
 * Whether a repository is set up as it was meant to be: a folder belongs to one user, and the vault of a stack is as its config
 * asks for. Other buckets are left to doctor: no config says how they should be.
 */
export async function checkSettings(
  { name, repository }: NamedRepository,
  { config, asksVault }: { config: ConfigOfVault; asksVault: boolean },
): Promise<Finding[]> {
  const isFolder = config.repositories[name]?.bucket === undefined;
  const wish = isFolder || !asksVault ? undefined : vaultWish(name, config);
  if (!isFolder && wish === undefined) return [];
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
  return { project, lock, replica: bucketOfReplica, breakGlassRole };
}
