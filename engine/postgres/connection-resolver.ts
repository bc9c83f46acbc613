import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import passfile from 'pgpass/lib/helper.js';
import { SSL_MODES } from '../config/database-schema.ts';
import type { Environment } from '../config/from-environment.ts';
import { parseConnectionString } from '../domain/connection-url.ts';
import { Secret } from '../domain/secret.ts';
import { HoldfastError } from '../errors.ts';
import {
  type ConnectionSettings,
  isLoopback,
  isSocketDirectory,
  type SslMode,
} from './connection-settings.ts';
import { readService } from './service-file.ts';

/** Where one database is, as far as somebody said so. */
export interface ConnectionSource {
  /** A URL or a key=value string. */
  url?: string | undefined;
  service?: string | undefined;
  /** Parameters by libpq's names; they win over the URL. */
  parameters?: Record<string, string | undefined>;
  /** Parameters that everything else wins over. */
  defaults?: Record<string, string | undefined>;
  /** The password comes from elsewhere: none of the environment or a passfile is looked for. */
  hasLogin?: boolean;
}

export interface ResolveOptions {
  env: Environment;
  home?: string;
}

/** libpq's environment variables that we honour, and those that many applications have, by the parameter they set. */
const VARIABLES: Record<string, readonly string[]> = {
  host: ['PGHOST', 'DB_HOST'],
  port: ['PGPORT', 'DB_PORT'],
  user: ['PGUSER', 'DB_USER'],
  password: ['PGPASSWORD', 'DB_PASSWORD'],
  dbname: ['PGDATABASE', 'DB_NAME'],
  service: ['PGSERVICE'],
  passfile: ['PGPASSFILE'],
  sslmode: ['PGSSLMODE'],
  sslrootcert: ['PGSSLROOTCERT'],
  sslcert: ['PGSSLCERT'],
  sslkey: ['PGSSLKEY'],
  options: ['PGOPTIONS'],
  connect_timeout: ['PGCONNECT_TIMEOUT'],
};

/** Taken and without effect: we set them ourselves. */
const OURS = new Set([
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'keepalives',
]);

/** Taken where they ask for no more than we do anyway: a wish that is not kept must be refused, above all one for safety. */
const AS_IT_IS: Record<string, readonly string[]> = {
  target_session_attrs: ['any'],
  channel_binding: ['prefer', 'disable'],
  gssencmode: ['prefer', 'disable'],
  sslnegotiation: ['postgres'],
};

/** Where Linux distributions and macOS keep the authorities that the system trusts. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const DEFAULT_CONNECT_TIMEOUT_SECONDS = 15;

/**
 * One value from all sources, in libpq's order: parameters and URL, then the service file, then the environment, then the passfile, then defaults.
 * A host that isn't this machine, without an sslmode, means verify-full.
 * @throws HoldfastError CONFIG_INVALID.
 */
export async function resolveConnection(
  source: ConnectionSource,
  { env, home = homedir() }: ResolveOptions,
): Promise<ConnectionSettings> {
  const parameters = await gather(source, { env, home });
  assertKnown(parameters);
  const host =
    parameters.host ??
    (isUsableSocket('/var/run/postgresql') ? '/var/run/postgresql' : 'localhost');
  const user = parameters.user ?? userInfo().username;
  const settings: ConnectionSettings = {
    host,
    port: portOf(parameters.port ?? '5432'),
    user,
    database: parameters.dbname ?? user,
    password: undefined,
    sslmode: sslModeOf(parameters, host),
    sslrootcert: undefined,
    sslcert: parameters.sslcert,
    sslkey: parameters.sslkey,
    options: parameters.options,
    connectTimeoutSeconds:
      Number(parameters.connect_timeout ?? DEFAULT_CONNECT_TIMEOUT_SECONDS) ||
      DEFAULT_CONNECT_TIMEOUT_SECONDS,
  };
  const sslrootcert = authoritiesOf(settings.sslmode, parameters.sslrootcert, home);
  if (source.hasLogin) return { ...settings, sslrootcert };
  const password =
    parameters.password ??
    (await passwordFromFile(settings, parameters.passfile ?? join(home, '.pgpass')));
  return {
    ...settings,
    password: password === undefined ? undefined : new Secret(password),
    sslrootcert,
  };
}

type Parameters = Record<string, string | undefined>;

async function gather(
  source: ConnectionSource,
  { env, home }: { env: Environment; home: string },
): Promise<Parameters> {
  const fromUrl = source.url === undefined ? {} : parseConnectionString(source.url);
  const explicit = { ...withoutEmpty(fromUrl), ...withoutEmpty(source.parameters ?? {}) };
  const ambient = withoutEmpty(fromVariables(env));
  const service = source.service ?? explicit.service ?? ambient.service;
  const fromService = service === undefined ? {} : await readService(service, { env, home });
  const { service: _service, ...merged } = {
    ...withoutEmpty(source.defaults ?? {}),
    ...ambient,
    ...fromService,
    ...explicit,
  };
  return merged;
}

function fromVariables(env: Environment): Parameters {
  const entries = Object.entries(VARIABLES).map(([parameter, names]) => [
    parameter,
    names.map((name) => env[name]).find((value) => value),
  ]);
  return Object.fromEntries(entries);
}

function withoutEmpty(parameters: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).filter(([, value]) => value !== undefined && value !== ''),
  );
}

function assertKnown(parameters: Parameters): void {
  const isKnown = (name: string) =>
    name in VARIABLES || name in AS_IT_IS || OURS.has(name) || name.startsWith('keepalives_');
  const unknown = Object.keys(parameters).filter((name) => !isKnown(name));
  if (unknown.length > 0)
    throw invalid(
      `a connection can not take ${unknown.join(', ')}`,
      `It takes ${Object.keys(VARIABLES).join(', ')}.`,
    );
  for (const [name, kept] of Object.entries(AS_IT_IS))
    assertKept(name, { wish: parameters[name], kept });
  if (/,/.test(parameters.host ?? ''))
    throw invalid('a connection names several hosts', 'Name the one to back up.');
}

function assertKept(
  name: string,
  { wish, kept }: { wish: string | undefined; kept: readonly string[] },
): void {
  if (wish === undefined || kept.includes(wish)) return;
  throw invalid(
    `a connection can not keep ${name}=${wish}`,
    `Leave ${name} out, or make it ${kept.join(' or ')}.`,
  );
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw invalid(`the port is "${text}"`, 'Give a number from 1 to 65535.');
}

/** As for libpq, `require` checks the authority where one is named: a certificate that nobody looks at protects nothing. */
function sslModeOf({ sslmode: text, sslrootcert }: Parameters, host: string): SslMode {
  if (isSocketDirectory(host)) return 'disable';
  if (text === undefined) return isLoopback(host) ? 'prefer' : 'verify-full';
  if (text === 'allow') return 'prefer';
  const mode = SSL_MODES.find((candidate) => candidate === text);
  if (mode === 'require' && sslrootcert !== undefined)
    return sslrootcert === 'system' ? 'verify-full' : 'verify-ca';
  if (mode !== undefined) return mode;
  throw invalid(`the sslmode is "${text}"`, `It is one of ${SSL_MODES.join(', ')}.`);
}

/** libpq looks into ~/.postgresql/root.crt only; where there is none, the system's authorities serve both sides alike. */
function authoritiesOf(mode: SslMode, given: string | undefined, home: string): string | undefined {
  if (mode !== 'verify-ca' && mode !== 'verify-full') return undefined;
  if (given !== undefined && given !== 'system') return given;
  const candidates =
    given === 'system'
      ? SYSTEM_AUTHORITIES
      : [join(home, '.postgresql', 'root.crt'), ...SYSTEM_AUTHORITIES];
  const found = candidates.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw invalid(
    `sslmode ${mode} needs certificate authorities, and this machine has none`,
    'Install ca-certificates, or set sslrootcert.',
  );
}

async function passwordFromFile(
  settings: ConnectionSettings,
  file: string,
): Promise<string | undefined> {
  const stats = await stat(file).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
    throw invalid(
      `others may read the passfile ${file}, so libpq would ignore it`,
      `Run: chmod 600 '${file}'`,
    );
  }
  const { host, port, database, user } = settings;
  for (const name of isSocketDirectory(host) ? [host, 'localhost'] : [host]) {
    const password = await lookUp({ host: name, port, database, user }, file);
    if (password !== undefined) return password;
  }
  return undefined;
}

function lookUp(
  entry: Pick<ConnectionSettings, 'host' | 'port' | 'database' | 'user'>,
  file: string,
): Promise<string | undefined> {
  return new Promise((resolve) => passfile.getPassword(entry, createReadStream(file), resolve));
}

function isUsableSocket(directory: string): boolean {
  return existsSync(`${directory}/.s.PGSQL.5432`);
}

function invalid(message: string, hint: string): HoldfastError {
  return new HoldfastError({ code: 'CONFIG_INVALID', message, hint });
}
