import { ENV } from '../contract.ts';
import { HoldfastError } from '../errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The config that the environment alone describes: one plan `default`, one repository, one database named by `databaseName`.
 * The guides' variables: DATABASE_URL, BACKUP_DIR (./backups), RETENTION_DAYS (30).
 * @returns what `parseConfig` takes.
 * @throws HoldfastError CONFIG_INVALID when RETENTION_DAYS is not a whole number of days.
 */
export function configFromEnvironment(env: Environment, { databaseName }: { databaseName: string }): unknown {
  return {
    project: 'holdfast',
    databases: { [databaseName]: { envFile: '(environment)' } },
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
