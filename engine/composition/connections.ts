import { ENV } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
import { type ConnectionSource, resolveConnection } from '../postgres/connection-resolver.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import { parseConnectionString } from '../postgres/connection-url.ts';
import { type LoadedConfig, readEnvFile } from './load-config.ts';

/** How to reach a database of the config. @throws HoldfastError USAGE, CONFIG_INVALID. */
export async function connectionOf({ config, env, resolvePath }: LoadedConfig, name: string): Promise<ConnectionSettings> {
  const database = config.databases[name];
  if (database === undefined) throw unknownDatabase(name, Object.keys(config.databases));
  const own = database.envFile === undefined ? {} : await readEnvFile(resolvePath(database.envFile));
  const fromFile = database.envFile !== undefined || database.fromEnvironment === true;
  const variables = fromFile ? { ...env, ...own } : withoutDatabaseVariables(env);
  const url = database.url ?? (fromFile ? variables[ENV.databaseUrl] : undefined);
  const source: ConnectionSource = {
    url: url === '' ? undefined : url,
    service: database.service,
    parameters: {
      host: database.host,
      port: database.port?.toString(),
      user: database.user,
      dbname: database.database,
      sslmode: database.sslmode,
      sslrootcert:
        database.sslrootcert === undefined || database.sslrootcert === 'system' ? database.sslrootcert : resolvePath(database.sslrootcert),
      password: database.passwordEnv === undefined ? undefined : passwordIn(env, database.passwordEnv),
    },
  };
  return resolveConnection(source, { env: variables });
}

/** What --to may be: a database of the config, a URL without password, or a service. @throws HoldfastError USAGE. */
export async function connectionOfTarget(loaded: LoadedConfig, target: string): Promise<ConnectionSettings> {
  if (target in loaded.config.databases) return connectionOf(loaded, target);
  const env = withoutDatabaseVariables(loaded.env);
  if (!/^postgres(ql)?:\/\/|=/.test(target)) {
    if (/^arn:/.test(target)) throw usage('--to takes no secret ARN in this version', 'Give a URL without password.');
    return resolveConnection({ service: target }, { env }).catch(() => {
      throw unknownDatabase(target, Object.keys(loaded.config.databases));
    });
  }
  if (parseConnectionString(target).password !== undefined) {
    throw usage(
      '--to holds a password, which every user of this machine can now read in the process list',
      'Change it. Then put it into ~/.pgpass (mode 600) or PGPASSWORD, and give the URL without it.',
    );
  }
  return resolveConnection({ url: target }, { env });
}

/** A database that names its own place must not get half of another one's from the environment; passwords and TLS files may. */
function withoutDatabaseVariables(env: LoadedConfig['env']): LoadedConfig['env'] {
  const elsewhere = new Set([
    'PGHOST',
    'PGPORT',
    'PGDATABASE',
    'PGSERVICE',
    'DB_HOST',
    'DB_PORT',
    'DB_NAME',
    'DB_USER',
    'DB_PASSWORD',
    'PGUSER',
  ]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !elsewhere.has(name)));
}

function passwordIn(env: LoadedConfig['env'], name: string): string {
  const password = env[name];
  if (password) return password;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `the environment has no ${name}, which passwordEnv names`,
    hint: `Set ${name}, or leave passwordEnv out and use ~/.pgpass.`,
  });
}

function unknownDatabase(name: string, known: readonly string[]): HoldfastError {
  return usage(
    `there is no database "${name}"`,
    known.length === 0 ? 'Set DATABASE_URL, or name databases in holdfast.yaml.' : `The config has: ${known.join(', ')}.`,
  );
}

function usage(message: string, hint: string): HoldfastError {
  return new HoldfastError({ code: 'USAGE', message, hint });
}
