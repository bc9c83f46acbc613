import { join } from 'node:path';
import type { Environment } from '../config/from-environment.ts';
import { Secret } from '../domain/secret.ts';
import { HoldfastError } from '../errors.ts';
import { assertParameters } from './connection/assert-parameters.ts';
import {
  type ConnectionSource,
  gatherParameters,
  type Parameters,
} from './connection/gather-parameters.ts';
import { homeDirectory, localUserName } from './connection/local-account.ts';
import { loadBalances, loginGuardsOf } from './connection/login-guards.ts';
import { passwordFromFile } from './connection/passfile.ts';
import { type ServerAddress, serversOf } from './connection/server-list.ts';
import { tlsSettingsOf } from './connection/tls-settings.ts';
import type { ConnectionSettings, ServerSettings } from './connection-settings.ts';

export type { ConnectionSource } from './connection/gather-parameters.ts';

export interface ResolveOptions {
  /** Env files, strongest first, and the environment behind them: each one wins over those behind it. */
  layers: readonly Environment[];
  home?: string;
}

const DEFAULT_CONNECT_TIMEOUT_SECONDS = 15;

/**
 * One value from all sources, in libpq's order: parameters and URL, then the service file, then the
 * environment, then the passfile, then defaults. Each server of a list has its own TLS and password.
 * @throws HoldfastError CONFIG_INVALID.
 */
export async function resolveConnection(
  source: ConnectionSource,
  { layers, home = homeDirectory() }: ResolveOptions,
): Promise<ConnectionSettings> {
  const parameters = await gatherParameters(source, { layers, home });
  assertParameters(parameters);
  const user = parameters.user || localUserName();
  if (user === undefined) throw noRole();
  const role = { user, database: parameters.dbname || user };
  const servers: ServerSettings[] = [];
  for (const server of serversOf(parameters)) {
    const tls = tlsSettingsOf(parameters, { server, home });
    const password = source.hasLogin
      ? undefined
      : await passwordOf(parameters, { ...server, ...role }, home);
    servers.push({ ...server, ...tls, password });
  }
  const [first, ...others] = servers;
  if (first === undefined) throw new HoldfastError({ code: 'INTERNAL', message: 'no server' });
  return {
    ...first,
    ...role,
    ...loginGuardsOf(parameters),
    others,
    isShuffled: loadBalances(parameters),
    options: parameters.options || undefined,
    connectTimeoutSeconds: timeoutOf(parameters.connect_timeout),
  };
}

async function passwordOf(
  parameters: Parameters,
  entry: ServerAddress & { user: string; database: string },
  home: string,
): Promise<Secret | undefined> {
  const password =
    parameters.password ||
    (await passwordFromFile(entry, parameters.passfile || join(home, '.pgpass')));
  return password === undefined ? undefined : new Secret(password);
}

function noRole(): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: 'nothing names a role, and this machine has no name for the user of this process',
    hint: 'Name the role in the URL, in user of the config, or in PGUSER.',
  });
}

/** As for libpq, none and 0 mean no limit to libpq and our default to us, and 1 means 2. */
function timeoutOf(text: string | undefined): number {
  if (!text) return DEFAULT_CONNECT_TIMEOUT_SECONDS;
  const seconds = Number(text);
  if (Number.isInteger(seconds))
    return seconds <= 0 ? DEFAULT_CONNECT_TIMEOUT_SECONDS : Math.max(2, seconds);
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `connect_timeout is "${text}"`,
    hint: 'Give a whole number of seconds.',
  });
}
