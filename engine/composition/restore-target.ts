import type { DatabaseConfig, RestoreLoginConfig } from '../config/database-schema.ts';
import { placeOf, restoreAddressOf } from '../config/restore-address.ts';
import { ENV } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
import { resolveConnection } from '../postgres/connection-resolver.ts';
import { type ConnectionSettings, describeConnection } from '../postgres/connection-settings.ts';
import {
  connectionOf,
  connectionOfAddress,
  connectionOfTarget,
  databaseOf,
} from './connections.ts';
import { type LoadedConfig, readEnvFile } from './load-config.ts';

/**
 * Where --to leads, with the login of a restore.
 * @param to as connectionOfTarget takes it.
 * @throws HoldfastError as connectionOf and connectionOfTarget do.
 */
export function restoreTarget(loaded: LoadedConfig, to: string): Promise<ConnectionSettings> {
  return to in loaded.config.databases
    ? connectionForRestore(loaded, to)
    : connectionOfTarget(loaded, to);
}

/**
 * A database of the config with the login of its `restoreAs`, else of RESTORE_DATABASE_URL where the environment describes
 * it, else with the login of backups.
 */
async function connectionForRestore(
  loaded: LoadedConfig,
  name: string,
): Promise<ConnectionSettings> {
  const database = databaseOf(loaded, name);
  if (database.restoreAs !== undefined)
    return withRestoreLogin(loaded, { database, restoreAs: database.restoreAs });
  const own = await connectionOf(loaded, name);
  const url = (await variablesOf(loaded, database))[ENV.restoreDatabaseUrl];
  return url ? withRestoreUrl(loaded, { own, url }) : own;
}

/** Whether restores into a database have a login of their own. */
export async function hasRestoreLogin(loaded: LoadedConfig, name: string): Promise<boolean> {
  const database = databaseOf(loaded, name);
  if (database.restoreAs !== undefined) return true;
  return Boolean((await variablesOf(loaded, database))[ENV.restoreDatabaseUrl]);
}

interface RestoreLogin {
  database: DatabaseConfig;
  restoreAs: RestoreLoginConfig;
}

async function withRestoreLogin(
  loaded: LoadedConfig,
  { database, restoreAs }: RestoreLogin,
): Promise<ConnectionSettings> {
  const { secret, iam, passwordEnv } = restoreAs;
  const address = restoreAddressOf(database) ?? database;
  if (iam !== undefined) return connectionOfAddress(loaded, address);
  const place = await connectionOfAddress(loaded, placeOf(database));
  if (secret !== undefined) return withRestoreSecret(loaded, { place, restoreAs, secret });
  const password = passwordEnv === undefined ? undefined : passwordIn(loaded.env, passwordEnv);
  return loginTo(loaded, place, { user: restoreAs.user, password });
}

interface RestoreSecret {
  place: ConnectionSettings;
  restoreAs: RestoreLoginConfig;
  secret: string;
}

async function withRestoreSecret(
  { env }: LoadedConfig,
  { place, restoreAs: { user, region }, secret }: RestoreSecret,
): Promise<ConnectionSettings> {
  // The SDK of AWS is loaded for these logins only.
  const { readSecret, withSecret } = await import('./logins.ts');
  const { host, database } = place;
  const address = { secret, region, host, database, user };
  const found = await readSecret(address, env);
  const { login: _login, password: _password, ...rest } = place;
  const settings = { ...rest, password: undefined, user: user ?? found.user };
  return withSecret(settings, { address, env, found });
}

/**
 * The same place with another role. PGPASSWORD and DB_PASSWORD belong to the role of backups: the password of this one comes
 * from the passfile unless it is given.
 */
async function loginTo(
  { env }: LoadedConfig,
  place: ConnectionSettings,
  login: { user: string | undefined; password: string | undefined },
): Promise<ConnectionSettings> {
  const { host, port, database, sslmode, sslrootcert } = place;
  const own = await resolveConnection(
    {
      parameters: {
        ...{ host, port: String(port), dbname: database, sslmode, sslrootcert },
        ...login,
      },
    },
    { layers: [{ PGPASSFILE: env.PGPASSFILE }] },
  );
  const { login: _login, ...rest } = place;
  return { ...rest, user: own.user, password: own.password };
}

/** @throws HoldfastError CONFIG_INVALID where the URL leads to another database: --to named this one. */
async function withRestoreUrl(
  { env }: LoadedConfig,
  { own, url }: { own: ConnectionSettings; url: string },
): Promise<ConnectionSettings> {
  const { host, port, database, sslmode, sslrootcert } = own;
  const defaults = { host, port: String(port), dbname: database, sslmode, sslrootcert };
  const found = await resolveConnection(
    { url, defaults },
    { layers: [{ PGPASSFILE: env.PGPASSFILE }] },
  );
  if (found.host === host && found.port === port && found.database === database) return found;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `${ENV.restoreDatabaseUrl} leads to ${describeConnection(found)}, and the database is ${describeConnection(own)}`,
    hint: `Give ${ENV.restoreDatabaseUrl} the host, port and database of ${ENV.databaseUrl} and another user; name another server with --to.`,
  });
}

/** The variables that describe a database; none where the config itself says where it is. */
async function variablesOf(
  { env, resolvePath }: LoadedConfig,
  { envFile, fromEnvironment }: DatabaseConfig,
): Promise<LoadedConfig['env']> {
  if (envFile !== undefined) return { ...env, ...(await readEnvFile(resolvePath(envFile))) };
  return fromEnvironment === true ? env : {};
}

function passwordIn(env: LoadedConfig['env'], name: string): string {
  const password = env[name];
  if (password) return password;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `the environment has no ${name}, which restoreAs.passwordEnv names`,
    hint: `Set ${name}, or leave passwordEnv out and use ~/.pgpass.`,
  });
}
