import { placeOf } from '../config/restore-address.ts';
import { ENV } from '../contract.ts';
import { parseConnectionString } from '../domain/connection-url.ts';
import type { ConfigFacts, DatabaseFacts } from '../domain/runbook/facts.ts';
import { redactSecrets } from '../domain/text/redact-secrets.ts';
import { isHoldfastError } from '../errors.ts';
import { connectionOfAddress } from './connections.ts';
import type { LoadedConfig } from './load-config.ts';

export type Server = Pick<DatabaseFacts, 'host' | 'port' | 'user' | 'realName'>;

/** As far as it is known without a request to AWS, and without a password. */
export async function serverOf(loaded: LoadedConfig, name: string): Promise<Server> {
  const database = loaded.config.databases[name];
  if (database === undefined) return { host: null, port: null, user: null, realName: null };
  const { secret, iam: _iam, ...place } = placeOf(database);
  const { user = null } = database;
  try {
    if (secret !== undefined || database.secret !== undefined) {
      const said = database.url === undefined ? {} : parseConnectionString(database.url);
      const port = database.port ?? (said.port ? Number(said.port) : null);
      return {
        host: database.host ?? (said.host || null),
        port: Number.isInteger(port) ? port : null,
        user: user ?? (said.user || null),
        realName: database.database ?? (said.dbname || null),
      };
    }
    const found = await connectionOfAddress(loaded, { ...place, user: database.user });
    return { host: found.host, port: found.port, user: found.user, realName: found.database };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const { host = null, port = null, database: realName = null } = database;
    return { host, port, user, realName };
  }
}

/** Variables that describe an installation without a config file. None of them is a secret but for the URL. */
const PLAIN = [ENV.bucket, ENV.retentionDays, ENV.kmsKey] as const;
const PATHS = [ENV.backupDir, ENV.keyFile] as const;

export async function configFacts(loaded: LoadedConfig): Promise<ConfigFacts> {
  const { path, envFile, env, resolvePath, config } = loaded;
  const found = { path: path ?? null, envFile: envFile ?? null };
  if (path !== undefined || envFile !== undefined) return { ...found, variables: [] };
  const [name] = Object.keys(config.databases);
  const server = name === undefined ? undefined : await serverOf(loaded, name);
  const folder = config.repositories.local?.folder;
  const variables = [
    ...(server?.host == null ? [] : [{ name: ENV.databaseUrl, value: urlOf(server) }]),
    ...restoreUrlOf(env[ENV.restoreDatabaseUrl], server),
    ...PATHS.flatMap((variable) => {
      const value = env[variable] || (variable === ENV.backupDir ? folder : undefined);
      return value === undefined ? [] : [{ name: variable, value: resolvePath(value) }];
    }),
    ...PLAIN.flatMap((variable) => {
      const value = env[variable];
      return value ? [{ name: variable, value: redactSecrets(value) }] : [];
    }),
  ];
  return { ...found, variables };
}

function restoreUrlOf(url: string | undefined, server: Server | undefined) {
  if (!url || server?.host == null) return [];
  try {
    const { user } = parseConnectionString(url);
    return [{ name: ENV.restoreDatabaseUrl, value: urlOf({ ...server, user: user ?? null }) }];
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return [];
  }
}

/** Without a password; a directory of a socket is a parameter. */
function urlOf({ host, port, user, realName }: Server): string {
  const login = user === null ? '' : `${encodeURIComponent(user)}@`;
  const name = encodeURIComponent(realName ?? '');
  const place = port === null || port === 5432 ? '' : `:${port}`;
  if (host?.startsWith('/'))
    return `postgresql://${login}/${name}?host=${encodeURIComponent(host)}${port === null ? '' : `&port=${port}`}`;
  return `postgresql://${login}${host}${place}/${name}`;
}
