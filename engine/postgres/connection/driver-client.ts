import pg from 'pg';
import { HoldfastError } from '../../errors.ts';
import { type ConnectionSettings, describeConnection, KEEPALIVE } from '../connection-settings.ts';
import { tlsOptions } from '../tls-options.ts';
import type { AuthMethod } from './login-guards.ts';

/** One request of the server for a login. */
interface AskedLogin {
  method: AuthMethod;
  mechanisms: readonly string[];
}

/** What the server did before it let us in. */
interface LoginExchange {
  asked: AskedLogin[];
  /** The server has shown that it knows the verifier of the password: the last step of SCRAM. */
  isServerProven: boolean;
}

/** What the server is told that the session is. */
export interface SessionKind {
  applicationName: string;
  /** It takes commands of physical replication in place of SQL. */
  isReplication: boolean;
}

export interface DriverClient {
  client: pg.Client;
  /** To be called once it is connected. @throws HoldfastError CONNECTION_FAILED. */
  assertGuarded(): void;
}

const WITH_CHANNEL_BINDING = 'SCRAM-SHA-256-PLUS';
const IMPOSTOR_HINT = 'See that PostgreSQL itself is behind this address, and nothing between.';
const NOT_ASKED: AskedLogin = { method: 'none', mechanisms: [] };

type Password = () => Promise<string>;

/**
 * The driver's client for one address. The driver reads the environment and ~/.pgpass by itself for
 * what it is not given, so it is given everything, and the startup message is ours.
 */
export function makeClient(settings: ConnectionSettings, as: SessionKind): DriverClient {
  const exchange: LoginExchange = { asked: [], isServerProven: false };
  const password: Password = () => passwordFor(settings, exchange);
  const config: pg.ClientConfig & { scramMaxIterations: number } = {
    host: settings.hostaddr ?? settings.host,
    port: settings.port,
    user: settings.user,
    database: settings.database,
    password,
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
  Object.assign(client, { getStartupConf: () => startupOf(settings, as) });
  followLogin(client, { exchange, password });
  return { client, assertGuarded: () => assertGuarded(settings, exchange) };
}

function startupOf(
  { user, database, options }: ConnectionSettings,
  { applicationName, isReplication }: SessionKind,
): Record<string, string> {
  return {
    user,
    database,
    application_name: applicationName,
    ...(options === undefined ? {} : { options }),
    ...(isReplication ? { replication: 'true' } : {}),
  };
}

/**
 * Listens before the driver does, because the driver listens only once it connects. The driver
 * keeps the password after the first request and would send it at a second one without a question,
 * so it is given the function again.
 */
function followLogin(
  client: pg.Client,
  { exchange, password }: { exchange: LoginExchange; password: Password },
): void {
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  const onAsked = (login: AskedLogin) => {
    exchange.asked.push(login);
    Object.assign(client, { password });
  };
  connection.on('authenticationCleartextPassword', () =>
    onAsked({ method: 'password', mechanisms: [] }),
  );
  connection.on('authenticationMD5Password', () => onAsked({ method: 'md5', mechanisms: [] }));
  connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: string[] }) =>
    onAsked({ method: 'scram-sha-256', mechanisms }),
  );
  // The driver checks the signature in this message, and fails when it is wrong.
  connection.on('authenticationSASLFinal', () => {
    exchange.isServerProven = true;
  });
}

async function passwordFor(settings: ConnectionSettings, exchange: LoginExchange): Promise<string> {
  assertAllowed(settings, exchange);
  const password = settings.password?.reveal();
  if (password) return password;
  const { host, port, database, user, login, passwordHint } = settings;
  const line = [host, port, database, user]
    .map((field) => String(field).replace(/[\\:]/g, '\\$&'))
    .join(':');
  throw refused(settings, {
    why: 'the server asks for a password, and none was given',
    hint:
      login?.hint ??
      passwordHint ??
      `Set PGPASSWORD (passwordEnv in the config), or add a line to ~/.pgpass (mode 600): ${line}:PASSWORD`,
  });
}

/**
 * A server that began SCRAM has to end it: only the end shows that it knows the verifier, and that
 * the channel is the one that it sees.
 * @throws HoldfastError CONNECTION_FAILED.
 */
function assertGuarded(settings: ConnectionSettings, exchange: LoginExchange): void {
  assertAllowed(settings, exchange);
  const isScram = exchange.asked.some(({ method }) => method === 'scram-sha-256');
  if (!isScram || exchange.isServerProven) return;
  throw refused(settings, {
    why: 'the server let us in without the end of SCRAM, so it may be another one',
    hint: IMPOSTOR_HINT,
  });
}

/** @throws HoldfastError CONNECTION_FAILED, before a password leaves this process. */
function assertAllowed(settings: ConnectionSettings, { asked }: LoginExchange): void {
  if (asked.length > 1)
    throw refused(settings, {
      why: 'the server asks for a login more than once, which PostgreSQL never does',
      hint: IMPOSTOR_HINT,
    });
  const { method, mechanisms } = asked[0] ?? NOT_ASKED;
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
