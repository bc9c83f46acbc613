import { ENV } from '../contract.ts';
import { HoldfastError } from '../errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Any of these says that the environment describes a database. */
export const DATABASE_VARIABLES = [
  ENV.databaseUrl,
  'PGDATABASE',
  'PGHOST',
  'PGHOSTADDR',
  'PGSERVICE',
  'DB_NAME',
  'DB_HOST',
] as const;

/** A plan of the environment runs every night by the clock of its machine, whose zone nobody names: a night where clocks change and 2 h more. */
const MAX_AGE = '27h';

/**
 * The config that the environment alone describes: one plan `default` and one database named by `databaseName`
 * (none when the environment names no database: a repository can still be listed and restored from).
 * The variables that backup scripts commonly have: DATABASE_URL, BACKUP_DIR (./backups, always written), BACKUP_S3_BUCKET (a second repository), RETENTION_DAYS (30).
 * @returns what `parseConfig` takes.
 * @throws HoldfastError CONFIG_INVALID when RETENTION_DAYS is not a whole number of days.
 */
export function configFromEnvironment(
  env: Environment,
  { databaseName }: { databaseName: string | undefined },
): unknown {
  const repositories = { local: { folder: env[ENV.backupDir] || './backups' }, ...bucketOf(env) };
  const allowUntestedMajor = isTrue(env, ENV.allowUntestedMajor);
  const database = { fromEnvironment: true, allowUntestedMajor };
  return {
    project: 'holdfast',
    databases: databaseName === undefined ? {} : { [databaseName]: database },
    repositories,
    plans: {
      default: {
        maxAge: MAX_AGE,
        keep: `${retentionDays(env)}d`,
        repositories: Object.keys(repositories),
      },
    },
  };
}

/** @throws HoldfastError CONFIG_INVALID for anything but true and false. */
function isTrue(env: Environment, name: string): boolean {
  const text = env[name] ?? '';
  if (text === 'true' || text === '1') return true;
  if (text === '' || text === 'false' || text === '0') return false;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `${name} is "${text}"`,
    hint: 'Give true or false.',
  });
}

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** `bucket` or `bucket/prefix`, with or without `s3://` before it. */
function bucketOf(env: Environment): { s3?: { bucket: string; prefix?: string } } {
  const text = env[ENV.bucket]?.replace(/^s3:\/\//, '').replace(/\/+$/, '');
  if (!text) return {};
  const [bucket = '', ...prefix] = text.split('/');
  if (!BUCKET_NAME.test(bucket)) {
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `${ENV.bucket} is "${text}", which does not begin with the name of a bucket`,
      hint: 'Give bucket or bucket/prefix, such as clinic-backups/nightly: lower-case letters, digits, dots and dashes.',
    });
  }
  return { s3: { bucket, ...(prefix.length === 0 ? {} : { prefix: prefix.join('/') }) } };
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
