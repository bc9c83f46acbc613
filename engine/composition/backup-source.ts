import type { PlanConfig } from '../config/plan-schema.ts';
import { isHoldfastError } from '../errors.ts';
import type { BackupRequest } from '../operations/backup-request.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import { connectionOf, connectionOfReplica } from './connections.ts';
import type { LoadedConfig } from './load-config.ts';

/** Where a plan dumps a database from: the primary, or its standby. @throws HoldfastError as connectionOf does. */
export async function backupSourceOf(
  loaded: LoadedConfig,
  { database, plan }: { database: string; plan: Pick<PlanConfig, 'source'> },
): Promise<Pick<BackupRequest, 'settings' | 'standby' | 'allowUntestedMajor'>> {
  const allowUntestedMajor = allowsUntestedMajor(loaded, database);
  if (plan.source === 'primary')
    return { settings: await connectionOf(loaded, database), allowUntestedMajor };
  const settings = await connectionOfReplica(loaded, database);
  const standby = { primary: await primaryOf(loaded, database) };
  return { settings, standby, allowUntestedMajor };
}

export function allowsUntestedMajor({ config }: LoadedConfig, database: string): boolean {
  return config.databases[database]?.allowUntestedMajor ?? false;
}

/** A primary whose address or secret can not be had must not keep its standby from being dumped. */
export async function primaryOf(
  loaded: LoadedConfig,
  database: string,
): Promise<ConnectionSettings | undefined> {
  return connectionOf(loaded, database).catch((error: unknown) => {
    if (!isHoldfastError(error)) throw error;
    return undefined;
  });
}
