import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SSL_MODES } from '../../config/database-schema.ts';
import { HoldfastError } from '../../errors.ts';
import { isLoopback, isSocketDirectory, type SslMode } from '../connection-settings.ts';
import type { Parameters } from './gather-parameters.ts';
import type { ServerAddress } from './server-list.ts';

/** Where Linux distributions and macOS keep the authorities that the system trusts. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** TLS protocol versions by the names that libpq and Node.js share. */
const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** How one server is reached with TLS. */
export interface TlsSettings {
  sslmode: SslMode;
  /** File of certificate authorities; undefined only where the mode checks no certificate. */
  sslrootcert: string | undefined;
  sslcert: string | undefined;
  sslkey: string | undefined;
  /** File of revoked certificates. */
  sslcrl?: string | undefined;
  minTlsVersion?: TlsVersion | undefined;
  maxTlsVersion?: TlsVersion | undefined;
}

/**
 * TLS as libpq does it, but verified in full unless the server is this machine or sslmode says less.
 * @throws HoldfastError CONFIG_INVALID.
 */
export function tlsSettingsOf(
  parameters: Parameters,
  { server, home }: { server: ServerAddress; home: string },
): TlsSettings {
  const given = { ...parameters, sslrootcert: ownRoot(parameters, home) };
  const sslmode = sslModeOf(given, server);
  const inHome = (name: string) => existing(join(home, '.postgresql', name));
  const sslrootcert = rootOf(sslmode, { ...parameters, home });
  const { sslcert, sslkey } = certificateOf(parameters, inHome);
  return {
    sslmode,
    sslrootcert: absolute(sslrootcert),
    sslcert: absolute(sslcert),
    sslkey: absolute(sslkey),
    sslcrl: sslrootcert && absolute(parameters.sslcrl || inHome('root.crl')),
    minTlsVersion: tlsVersionOf('ssl_min_protocol_version', parameters),
    maxTlsVersion: tlsVersionOf('ssl_max_protocol_version', parameters),
  };
}

/** Programs of PostgreSQL run in another directory than this process. */
function absolute(file: string | undefined): string | undefined {
  return file && resolve(file);
}

/** As for libpq, `prefer` checks the authority where one is at hand, and goes on in clear if it is another. */
function rootOf(
  mode: SslMode,
  { sslrootcert, home }: { sslrootcert?: string; home: string },
): string | undefined {
  if (mode === 'verify-ca' || mode === 'verify-full') return authoritiesOf(mode, sslrootcert, home);
  if (mode !== 'prefer') return undefined;
  return existing(sslrootcert || join(home, '.postgresql', 'root.crt'));
}

/** As for libpq, `require` checks the authority where one is named, or lies in the home directory. */
function ownRoot({ sslrootcert }: Parameters, home: string): string | undefined {
  return sslrootcert || existing(join(home, '.postgresql', 'root.crt'));
}

function sslModeOf(
  parameters: Readonly<Record<string, string | undefined>>,
  server: ServerAddress,
): SslMode {
  if (isSocketDirectory(server.host) && server.hostaddr === undefined) return 'disable';
  const text = parameters.sslmode || obsoleteMode(parameters.requiressl);
  const isOfSystem = parameters.sslrootcert === 'system';
  if (!text)
    return isLoopback(server.hostaddr ?? server.host) && !isOfSystem ? 'prefer' : 'verify-full';
  const mode = SSL_MODES.find((candidate) => candidate === (text === 'allow' ? 'prefer' : text));
  if (mode === undefined)
    throw invalid(`the sslmode is "${text}"`, `It is one of ${SSL_MODES.join(', ')}.`);
  if (mode === 'require' && parameters.sslrootcert !== undefined)
    return isOfSystem ? 'verify-full' : 'verify-ca';
  if (isOfSystem && mode !== 'verify-full')
    throw invalid(
      `sslmode ${text} is too weak for sslrootcert=system, which anybody can have a certificate of`,
      'Leave sslmode out, or make it verify-full.',
    );
  return mode;
}

function obsoleteMode(requiressl: string | undefined): string | undefined {
  return requiressl?.startsWith('1') ? 'require' : undefined;
}

/** libpq looks into ~/.postgresql/root.crt only; where there is none, the system's authorities serve both sides alike. */
function authoritiesOf(mode: SslMode, given: string | undefined, home: string): string {
  if (given && given !== 'system') return given;
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

/** The client's certificate: the one that is named, else the one in the home directory. */
function certificateOf(
  { sslcert, sslkey, sslcertmode }: Parameters,
  inHome: (name: string) => string | undefined,
): Pick<TlsSettings, 'sslcert' | 'sslkey'> {
  if (sslcertmode === 'disable') return { sslcert: undefined, sslkey: undefined };
  const certificate = sslcert || inHome('postgresql.crt');
  if (certificate === undefined) return { sslcert: undefined, sslkey: sslkey || undefined };
  return { sslcert: certificate, sslkey: sslkey || inHome('postgresql.key') };
}

function tlsVersionOf(name: string, parameters: Parameters): TlsVersion | undefined {
  const text = parameters[name];
  if (!text) return undefined;
  const found = TLS_VERSIONS.find((version) => version.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw invalid(`${name} is "${text}"`, `It is one of ${TLS_VERSIONS.join(', ')}.`);
}

function existing(file: string): string | undefined {
  return existsSync(file) ? file : undefined;
}

function invalid(message: string, hint: string): HoldfastError {
  return new HoldfastError({ code: 'CONFIG_INVALID', message, hint });
}
