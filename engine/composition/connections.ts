import type { AddressConfig, DatabaseConfig } from '../config/database-schema.ts';
import { ADDRESS_VARIABLES } from '../config/environment/libpq-parameters.ts';
import type { Environment } from '../config/from-environment.ts';
import { parseConnectionString } from '../domain/connection-url.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { HoldfastError } from '../errors.ts';
import { serviceFilesOf } from '../postgres/connection/gather-parameters.ts';
import { homeDirectory } from '../postgres/connection/local-account.ts';
import { type ConnectionSource, resolveConnection } from '../postgres/connection-resolver.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import { findService } from '../postgres/service-file.ts';
import { type LoadedConfig, readEnvFile } from './load-config.ts';

/** How to reach a database of the config. @throws HoldfastError USAGE, CONFIG_INVALID, and what a secret or token may throw. */
export function connectionOf(loaded: LoadedConfig, name: string): Promise<ConnectionSettings> {
  return connectionOfAddress(loaded, databaseOf(loaded, name));
}

/** How to reach its standby. @throws HoldfastError as connectionOf does. */
export async function connectionOfReplica(
  loaded: LoadedConfig,
  name: string,
): Promise<ConnectionSettings> {
  const { replica } = databaseOf(loaded, name);
  if (replica !== undefined) return connectionOfAddress(loaded, replica);
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `database "${name}" names no replica`,
    hint: `Set databases.${name}.replica to the address of the standby.`,
  });
}

/** @throws HoldfastError USAGE for a name that the config does not have. */
export function databaseOf({ config }: LoadedConfig, name: string): DatabaseConfig {
  const database = Object.hasOwn(config.databases, name) ? config.databases[name] : undefined;
  if (database !== undefined) return database;
  throw unknownDatabase(name, Object.keys(config.databases));
}

export async function connectionOfAddress(
  loaded: LoadedConfig,
  address: AddressConfig,
): Promise<ConnectionSettings> {
  const { env } = loaded;
  const { iam, secret } = address;
  if (iam === undefined && secret === undefined) return resolveAddress(loaded, address);
  // The SDK of AWS is loaded for these logins only.
  const { readSecret, withSecret, withToken } = await import('./logins.ts');
  if (secret === undefined)
    return withToken(await resolveAddress(loaded, address, { sslmode: 'verify-full' }), {
      address,
      env,
    });
  const own = { ...address, secret };
  const found = await readSecret(own, env);
  const { host, port, user, database } = found;
  return withSecret(await resolveAddress(loaded, address, { host, port, user, dbname: database }), {
    address: own,
    env,
    found,
  });
}

async function resolveAddress(
  loaded: LoadedConfig,
  address: AddressConfig,
  defaults: NonNullable<ConnectionSource['defaults']> = {},
): Promise<ConnectionSettings> {
  const { env, resolvePath } = loaded;
  const source: ConnectionSource = {
    url: address.url,
    service: address.service,
    parameters: {
      host: address.host,
      port: address.port?.toString(),
      user: address.user,
      dbname: address.database,
      sslmode: address.sslmode,
      sslrootcert:
        address.sslrootcert === undefined || address.sslrootcert === 'system'
          ? address.sslrootcert
          : resolvePath(address.sslrootcert),
      password:
        address.passwordEnv === undefined ? undefined : passwordIn(env, address.passwordEnv),
    },
    defaults,
    hasLogin: address.iam !== undefined || address.secret !== undefined,
  };
  return resolveConnection(source, { layers: await layersOf(loaded, address) });
}

/** The env files and environments that may say something about a database, the strongest first. */
async function layersOf(
  loaded: LoadedConfig,
  { envFile, fromEnvironment }: AddressConfig,
): Promise<readonly Environment[]> {
  const own = envFile === undefined ? [] : [await readEnvFile(loaded.resolvePath(envFile))];
  if (own.length === 0 && fromEnvironment !== true) return accessLayers(loaded);
  return [...own, ...layersIn(loaded)];
}

function layersIn({ layers, env }: LoadedConfig): readonly Environment[] {
  return layers ?? [env];
}

/** A database that names its own place must not get half of another one's from the environment; passwords and TLS files may. */
function accessLayers(loaded: LoadedConfig): readonly Environment[] {
  return layersIn(loaded).map((layer) =>
    Object.fromEntries(Object.entries(layer).filter(([name]) => !ADDRESS_VARIABLES.has(name))),
  );
}

/** What --to may be: a database of the config, a URL without password, a service, or the ARN of a secret. @throws HoldfastError USAGE. */
export async function connectionOfTarget(
  loaded: LoadedConfig,
  target: string,
): Promise<ConnectionSettings> {
  if (Object.hasOwn(loaded.config.databases, target)) return connectionOf(loaded, target);
  if (/^arn:/.test(target)) return connectionOfArn(loaded, target);
  const layers = accessLayers(loaded);
  if (!/^postgres(ql)?:\/\/|=/.test(target)) {
    const found = await findService(target, serviceFilesOf(layers, homeDirectory()));
    if (found === undefined) throw unknownDatabase(target, Object.keys(loaded.config.databases));
    return resolveConnection({ service: target }, { layers });
  }
  if (parseConnectionString(target).password !== undefined) {
    throw usage(
      '--to holds a password, which every user of this machine can now read in the process list',
      'Change it. Then put it into ~/.pgpass (mode 600) or PGPASSWORD, and give the URL without it.',
    );
  }
  return resolveConnection({ url: target }, { layers });
}

function connectionOfArn(loaded: LoadedConfig, arn: string): Promise<ConnectionSettings> {
  if (/^arn:[\w-]+:secretsmanager:/.test(arn)) return connectionOfAddress(loaded, { secret: arn });
  throw usage(
    `--to is an ARN, but not of a secret: ${arn}`,
    'Give the ARN of a secret in AWS Secrets Manager that names host and database.',
  );
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
    known.length === 0
      ? 'Set DATABASE_URL, or name databases in holdfast.yaml.'
      : `${didYouMean(name, known)}The config has: ${known.join(', ')}.`,
  );
}

function usage(message: string, hint: string): HoldfastError {
  return new HoldfastError({ code: 'USAGE', message, hint });
}
