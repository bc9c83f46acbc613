import pg from 'pg';
import { HoldfastError } from '../../errors.ts';
import { type ConnectionSettings, describeConnection, KEEPALIVE } from '../connection-settings.ts';
import { tlsOptions } from '../tls-options.ts';
import type { AuthMethod } from './login-guards.ts';

/** What the server asked for before it let us in. */
interface AskedLogin {
  method: AuthMethod;
  mechanisms: readonly string[];
}

export interface DriverClient {
  client: pg.Client;
  /** To be called once it is connected. @throws HoldfastError CONNECTION_FAILED. */
  assertGuarded(): void;
}

const WITH_CHANNEL_BINDING = 'SCRAM-SHA-256-PLUS';
const NOT_ASKED: AskedLogin = { method: 'none', mechanisms: [] };

/**
 * The driver's client for one address. The driver reads the environment and ~/.pgpass by itself for
 * what it is not given, so it is given everything, and the startup message is ours.
 */
export function makeClient(settings: ConnectionSettings, applicationName: string): DriverClient {
  let asked = NOT_ASKED;
  const config: pg.ClientConfig & { scramMaxIterations: number } = {
    host: settings.hostaddr ?? settings.host,
    port: settings.port,
    user: settings.user,
    database: settings.database,
    password: () => passwordFor(settings, asked),
    ssl: settings.sslmode === 'disable' ? false : tlsOptions(settings),
    sslnegotiation: 'postgres',
    enableChannelBinding: settings.requiresChannelBinding,
    // As for libpq, the role's verifier decides, whatever the number is.
    scramMaxIterations: 0,
    connectionTimeoutMillis: settings.connectTimeoutSeconds * 1000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE.idleSeconds * 1000,
  };
  const client = new pg.Client(config);
  client.on('error', () => undefined);
  Object.assign(client, { getStartupConf: () => startupOf(settings, applicationName) });
  onAsked(client, (login) => {
    asked = login;
  });
  return { client, assertGuarded: () => assertAllowed(settings, asked) };
}

function startupOf(
  { user, database, options }: ConnectionSettings,
  applicationName: string,
): Record<string, string> {
  return {
    user,
    database,
    application_name: applicationName,
    ...(options === undefined ? {} : { options }),
  };
}

/** Called before the driver answers, because it listens only once it connects. */
function onAsked(client: pg.Client, listener: (login: AskedLogin) => void): void {
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('authenticationCleartextPassword', () =>
    listener({ method: 'password', mechanisms: [] }),
  );
  connection.on('authenticationMD5Password', () => listener({ method: 'md5', mechanisms: [] }));
  connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: string[] }) =>
    listener({ method: 'scram-sha-256', mechanisms }),
  );
}

async function passwordFor(settings: ConnectionSettings, asked: AskedLogin): Promise<string> {
  assertAllowed(settings, asked);
  const password = settings.password?.reveal();
  if (password) return password;
  const { host, port, database, user, login } = settings;
  const line = [host, port, database, user]
    .map((field) => String(field).replace(/[\\:]/g, '\\$&'))
    .join(':');
  throw refused(settings, {
    why: 'the server asks for a password, and none was given',
    hint:
      login?.hint ??
      `Set PGPASSWORD (passwordEnv in the config), or add a line to ~/.pgpass (mode 600): ${line}:PASSWORD`,
  });
}

/** @throws HoldfastError CONNECTION_FAILED, before a password leaves this process. */
function assertAllowed(settings: ConnectionSettings, { method, mechanisms }: AskedLogin): void {
  const { allowedAuth, requiresChannelBinding, sslmode } = settings;
  if (allowedAuth !== undefined && !allowedAuth.includes(method)) {
    const what = method === 'none' ? 'asks for no password' : `asks for the method ${method}`;
    throw refused(settings, {
      why: `the server ${what}, and require_auth allows only ${allowedAuth.join(', ')}`,
      hint: 'Correct pg_hba.conf on the server, or require_auth (PGREQUIREAUTH).',
    });
  }
  if (!requiresChannelBinding) return;
  if (sslmode !== 'disable' && mechanisms.includes(WITH_CHANNEL_BINDING)) return;
  throw refused(settings, {
    why: 'channel_binding=require needs TLS and a server that offers SCRAM-SHA-256-PLUS',
    hint: 'Let the server use TLS and scram-sha-256, or leave channel_binding (PGCHANNELBINDING) out.',
  });
}

function refused(
  settings: ConnectionSettings,
  { why, hint }: { why: string; hint: string },
): HoldfastError {
  return new HoldfastError({
    code: 'CONNECTION_FAILED',
    message: `can not connect to ${describeConnection(settings)} as ${settings.user}: ${why}`,
    hint,
  });
}
