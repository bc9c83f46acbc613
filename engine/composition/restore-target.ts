import { join } from 'node:path';
import type { DatabaseConfig, RestoreLoginConfig } from '../config/database-schema.ts';
import { placeOf, restoreAddressOf } from '../config/restore-address.ts';
import { ENV } from '../contract.ts';
import { parseConnectionString } from '../domain/connection-url.ts';
import { Secret } from '../domain/secret.ts';
import { HoldfastError } from '../errors.ts';
import { homeDirectory } from '../postgres/connection/local-account.ts';
import { passwordFromFile } from '../postgres/connection/passfile.ts';
import {
  type ConnectionSettings,
  describeConnection,
  type ServerSettings,
} from '../postgres/connection-settings.ts';
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
export async function restoreTarget(loaded: LoadedConfig, to: string): Promise<ConnectionSettings> {
  const { databases } = loaded.config;
  const own = databases[to];
  const settings = await (own === undefined
    ? connectionOfTarget(loaded, to)
    : connectionForRestore(loaded, to));
  // An address says nothing of maintenance: there the config's only word on it is tried first.
  const named = new Set(
    (own === undefined ? Object.values(databases) : [own]).map((one) => one.maintenanceDatabase),
  );
  named.delete(undefined);
  const [maintenanceDatabase] = named;
  return named.size === 1 ? { ...settings, maintenanceDatabase } : settings;
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
  const variables = await variablesOf(loaded, database);
  const url = variables[ENV.restoreDatabaseUrl];
  return url ? withRestoreUrl(loaded, { own, url, like: variables[ENV.databaseUrl] }) : own;
}

/** How a restore can be given another role; undefined where it has a login of its own. */
export async function otherLoginFor(loaded: LoadedConfig, to: string): Promise<string | undefined> {
  const { databases } = loaded.config;
  const database = Object.hasOwn(databases, to) ? databases[to] : undefined;
  if (database === undefined) return 'name it in --to';
  if (database.restoreAs !== undefined) return undefined;
  if ((await variablesOf(loaded, database))[ENV.restoreDatabaseUrl]) return undefined;
  return loaded.path === undefined
    ? `set ${ENV.restoreDatabaseUrl}`
    : `set databases.${to}.restoreAs`;
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
  return loginTo(loaded, place, { user: restoreAs.user ?? place.user, password });
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
  const others = place.others?.map((server) => ({ ...server, password: undefined }));
  const settings = { ...rest, others, password: undefined, user: user ?? found.user };
  return withSecret(settings, { address, env, found });
}

interface RestoreRole {
  user: string;
  password: string | undefined;
}

/**
 * The same place with another role. PGPASSWORD and DB_PASSWORD belong to the role of backups: the password of this one comes
 * from the passfile unless it is given.
 */
async function loginTo(
  { env }: LoadedConfig,
  place: ConnectionSettings,
  { user, password }: RestoreRole,
): Promise<ConnectionSettings> {
  const { login: _login, others = [], ...rest } = place;
  const file = env.PGPASSFILE || join(homeDirectory(), '.pgpass');
  const withPassword = async <Server extends ServerSettings>(server: Server) => {
    const entry = { ...server, user, database: place.database };
    const own = password ?? (await passwordFromFile(entry, file));
    return { ...server, password: own === undefined ? undefined : new Secret(own) };
  };
  return {
    ...(await withPassword(rest)),
    user,
    passwordHint: restorePasswordHint({ ...place, user }, file),
    others: await Promise.all(others.map(withPassword)),
  };
}

/** A restore connects to other databases of the server too, hence the asterisk. */
function restorePasswordHint({ host, port, user }: ConnectionSettings, file: string): string {
  const [where, who] = [host, user].map((field) => field.replace(/[\\:]/g, '\\$&'));
  const line = `${where}:${port}:*:${who}:PASSWORD`;
  return `PGPASSWORD is not used for the role that restores. Add a line to ${file} (mode 600): ${line}; or set restoreAs.passwordEnv in the config.`;
}

/** @throws HoldfastError CONFIG_INVALID where the URL leads to another database: --to named this one. */
async function withRestoreUrl(
  loaded: LoadedConfig,
  { own, url, like }: { own: ConnectionSettings; url: string; like: string | undefined },
): Promise<ConnectionSettings> {
  const { user, password, host, port, dbname, ...more } = parseConnectionString(url);
  const known = like ? parseConnectionString(like) : {};
  const servers = [own, ...(own.others ?? [])];
  const hosts = servers.map((server) => server.host).join(',');
  const ports = new Set([servers.map((server) => server.port).join(','), String(own.port)]);
  const isSame =
    (!host || host === hosts) &&
    (!port || ports.has(port)) &&
    (!dbname || dbname === own.database) &&
    Object.entries(more).every(([name, value]) => known[name] === value);
  if (isSame)
    return loginTo(loaded, own, { user: user || own.user, password: password || undefined });
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `${ENV.restoreDatabaseUrl} does not lead to ${describeConnection(own)} as ${ENV.databaseUrl} does`,
    hint: `Give ${ENV.restoreDatabaseUrl} the same host, port, database and parameters as ${ENV.databaseUrl}, and another user; name another server with --to.`,
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
