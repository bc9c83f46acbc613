import { ENV } from '../contract.ts';
import { HoldfastError } from '../errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Any of these says that the environment describes a database. */
export const DATABASE_VARIABLES = [ENV.databaseUrl, 'PGDATABASE', 'PGHOST', 'PGSERVICE', 'DB_NAME', 'DB_HOST'] as const;

/**
 * The config that the environment alone describes: one plan `default`, one repository, one database named by `databaseName`
 * (none when the environment names no database: a repository can still be listed and restored from).
 * The guides' variables: DATABASE_URL, BACKUP_DIR (./backups), RETENTION_DAYS (30).
 * @returns what `parseConfig` takes.
 * @throws HoldfastError CONFIG_INVALID when RETENTION_DAYS is not a whole number of days.
 */
export function configFromEnvironment(env: Environment, { databaseName }: { databaseName: string | undefined }): unknown {
  return {
    project: 'holdfast',
    databases: databaseName === undefined ? {} : { [databaseName]: { fromEnvironment: true } },
    repositories: { local: { folder: env[ENV.backupDir] ?? './backups' } },
    plans: { default: { keep: `${retentionDays(env)}d` } },
    keys: env[ENV.keyFile] === undefined ? {} : { file: env[ENV.keyFile] },
  };
}

function retentionDays(env: Environment): number {
  const text = env[ENV.retentionDays] ?? '30';
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `${ENV.retentionDays} is "${text}"`,
    hint: 'Give a whole number of days, such as 30.',
  });
}
