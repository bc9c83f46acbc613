import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { quoteIdentifier } from '../domain/table-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import {
  type ConnectionSettings,
  describeConnection,
  isOfRds,
  KEEPALIVE,
} from './connection-settings.ts';
import { type DriverError, sayDriverError } from './driver-error.ts';
import { tlsOptions } from './tls-options.ts';

/** A connection, and the settings that it was let in with. */
export interface Connected {
  client: pg.Client;
  settings: ConnectionSettings;
}

/** A rotation changes the password of the role first and the secret after it; so long we wait between two looks. */
const ROTATION_MS = [0, 1_000, 3_000];
const GOODBYE_MS = 2_000;

/**
 * Connects with the login as it is now. One that is refused is asked for anew, because it may have been changed in between.
 * @throws HoldfastError CONNECTION_FAILED, and what the source of the login throws.
 */
export async function connect(
  settings: ConnectionSettings,
  applicationName: string,
): Promise<Connected> {
  const fresh = await withCurrentLogin(settings);
  try {
    return await connectWith(fresh, applicationName);
  } catch (error) {
    if (settings.login === undefined || !isRefusal(error)) throw error;
    const renewed = await withOtherLogin(fresh);
    if (renewed === undefined) throw error;
    return connectWith(renewed, applicationName);
  }
}

async function withCurrentLogin(settings: ConnectionSettings): Promise<ConnectionSettings> {
  return settings.login === undefined
    ? settings
    : { ...settings, ...(await settings.login.current()) };
}

/** Undefined where the login stays what it was. A token is another one with every second. */
async function withOtherLogin(
  refused: ConnectionSettings,
): Promise<ConnectionSettings | undefined> {
  for (const pause of ROTATION_MS) {
    await sleep(pause);
    const next = await withCurrentLogin(refused);
    if (next.user !== refused.user || next.password?.reveal() !== refused.password?.reveal())
      return next;
  }
  return undefined;
}

/** A server that speaks no TLS is asked in clear only where the mode is prefer. */
async function connectWith(
  settings: ConnectionSettings,
  applicationName: string,
): Promise<Connected> {
  try {
    return { client: await tryConnect(settings, applicationName), settings };
  } catch (error) {
    if (settings.sslmode !== 'prefer' || !/does not support SSL/.test(String(error)))
      throw connectionFailed(error, settings);
  }
  const { client } = await connectWith({ ...settings, sslmode: 'disable' }, applicationName);
  return { client, settings };
}

async function tryConnect(
  settings: ConnectionSettings,
  applicationName: string,
): Promise<pg.Client> {
  const client = new pg.Client({
    host: settings.host,
    port: settings.port,
    user: settings.user,
    database: settings.database,
    password: settings.password?.reveal() ?? '',
    ssl: settings.sslmode === 'disable' ? false : tlsOptions(settings),
    application_name: applicationName,
    connectionTimeoutMillis: settings.connectTimeoutSeconds * 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE.idleSeconds * 1000,
    ...(settings.options === undefined ? {} : { options: settings.options }),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    destroySocket(client);
    throw error;
  }
}

/** Says good-bye, and does not wait long for an answer. */
export async function closeClient(client: pg.Client): Promise<void> {
  const closed = client.end().catch(() => undefined);
  await Promise.race([closed, sleep(GOODBYE_MS, undefined, { ref: false })]);
  destroySocket(client);
}

/** A server that refuses may leave the connection open, which would hold this process for ever. */
function destroySocket(client: pg.Client): void {
  const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } };
  connection?.stream?.destroy();
}

function connectionFailed(error: unknown, settings: ConnectionSettings): HoldfastError {
  if (isHoldfastError(error)) return error;
  const { code = '' } = error as DriverError;
  const isTls = /certificate|SSL|TLS|self.signed|altnames/i.test(
    `${code} ${(error as Error).message}`,
  );
  return new HoldfastError({
    code: 'CONNECTION_FAILED',
    message: `can not connect to ${describeConnection(settings)} as ${settings.user}: ${sayDriverError(error)}`,
    hint: connectionHint(settings, { code, isTls }),
    retryable: !/^(28|3D|42)/.test(code) && !isTls,
    cause: error,
  });
}

function connectionHint(
  settings: ConnectionSettings,
  { code, isTls }: { code: string; isTls: boolean },
): string {
  if (code.startsWith('28'))
    return (
      settings.login?.hint ??
      'Check user and password: URL, PGPASSWORD, passwordEnv, or ~/.pgpass (mode 600).'
    );
  if (code === '42501')
    return `Run as a superuser: GRANT CONNECT ON DATABASE ${quoteIdentifier(settings.database)} TO ${quoteIdentifier(settings.user)};`;
  if (code === '3D000') return 'Check the name of the database.';
  if (isTls && isOfRds(settings.host))
    return 'Download https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem and set sslrootcert to that file: RDS has authorities of its own.';
  if (isTls)
    return 'TLS is verified for hosts other than this machine. Give sslrootcert=FILE of your authority, or an sslmode you can answer for.';
  return 'Check host and port, and that the server runs and lets this machine in.';
}

/** The server does not let this login in: a wrong password, an expired token. */
function isRefusal(error: unknown): boolean {
  return (
    isHoldfastError(error, 'CONNECTION_FAILED') &&
    /^28/.test((error.cause as DriverError | undefined)?.code ?? '')
  );
}
