import { SecretLogin } from '../adapters/secret-login.ts';
import { TokenLogin } from '../adapters/token-login.ts';
import type { AddressConfig } from '../config/database-schema.ts';
import { regionOfArn, regionOfEnvironment, regionOfHost } from '../domain/aws-region.ts';
import type { DatabaseSecret } from '../domain/database-secret.ts';
import { HoldfastError } from '../errors.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import type { LoadedConfig } from './load-config.ts';

type Env = LoadedConfig['env'];

/** What the secret of an address says of place and login. @throws HoldfastError as every login does. */
export async function readSecret(
  address: AddressConfig & { secret: string },
  env: Env,
): Promise<DatabaseSecret> {
  const found = await secretLogin(address, { env }).read();
  const hasPlace =
    (address.url ?? address.service ?? address.envFile ?? address.fromEnvironment) !== undefined;
  if (!hasPlace && (address.host ?? found.host) === undefined)
    throw incomplete(address.secret, 'host');
  if (!hasPlace && (address.database ?? found.database) === undefined)
    throw incomplete(address.secret, 'database');
  return found;
}

/** Logs in with what the secret says then; a user that the config names stays. */
export function withSecret(
  settings: ConnectionSettings,
  { address, env, found }: WithSecretOptions,
): ConnectionSettings {
  const user = settings.user === found.user ? undefined : settings.user;
  return { ...settings, login: secretLogin(address, { env, user }) };
}

interface WithSecretOptions {
  address: AddressConfig & { secret: string };
  env: Env;
  found: DatabaseSecret;
}

function secretLogin(
  { secret, region, host }: AddressConfig & { secret: string },
  { env, user }: { env: Env; user?: string | undefined },
) {
  const ownRegion =
    region ?? regionOfArn(secret) ?? regionOfHost(host ?? '') ?? regionOfEnvironment(env);
  return new SecretLogin({ secret, region: ownRegion, user, env });
}

/** Logs in with IAM tokens, which must not pass a network in clear. @throws HoldfastError CONFIG_INVALID. */
export function withToken(
  settings: ConnectionSettings,
  { address, env }: { address: AddressConfig; env: Env },
): ConnectionSettings {
  const { host, port, user, sslmode } = settings;
  if (sslmode === 'disable' || sslmode === 'prefer') {
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `IAM authentication needs TLS, and the connection to ${host} has sslmode ${sslmode}`,
      hint: 'Name the endpoint of the instance as host, and leave sslmode out (verify-full) or set it to require or more.',
    });
  }
  if ((settings.others ?? []).length > 0) {
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message:
        'IAM authentication takes one host, because a token is made for it, and there are several',
      hint: 'Name the endpoint of the writer or of the cluster alone.',
    });
  }
  const region = address.region ?? regionOfHost(host) ?? regionOfEnvironment(env);
  return { ...settings, login: new TokenLogin({ host, port, user, region, env }) };
}

function incomplete(secret: string, member: 'host' | 'database'): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `neither secret ${secret} nor the config names the ${member}`,
    hint: `Name the ${member} beside the secret, in a database of the config. Secrets that RDS manages itself hold user and password only.`,
  });
}
