import { isIP } from 'node:net';
import type { SSL_MODES } from '../config/database-schema.ts';
import type { LockWait } from '../domain/connection/lock-wait.ts';
import type { Secret } from '../domain/secret.ts';
import type { LoginSource } from '../ports/login.ts';
import type { LoginGuards } from './connection/login-guards.ts';
import type { TlsSettings } from './connection/tls-settings.ts';

export type SslMode = (typeof SSL_MODES)[number];

/** One server that a connection may reach, and how. */
export interface ServerSettings extends TlsSettings {
  /** Name, address or socket directory. */
  host: string;
  /** The numeric address of the host, where it is known: the connection goes there. */
  hostaddr?: string | undefined;
  port: number;
  password: Secret | undefined;
}

/** What is done about a connection on which nothing moves. */
export interface WatchSettings {
  /** After how long it counts as frozen, unless the server works on a statement of ours. */
  stallTimeoutSeconds: number;
  /** Hears that a statement waits for a lock; as often as somebody looks. */
  onLockWait?: ((wait: LockWait) => void) | undefined;
}

/** All that is needed to reach one database; one value for the `pg` driver and for libpq's programs. */
export interface ConnectionSettings extends ServerSettings, LoginGuards {
  user: string;
  database: string;
  /** Where user and password come from, for every session anew; what stands above is only the last of them. */
  login?: LoginSource | undefined;
  /** What to do where the password is missing or wrong, for a login that is not that of backups. */
  passwordHint?: string | undefined;
  /** Servers to try after this one, as libpq tries a list of hosts; none once one was reached. */
  others?: readonly ServerSettings[] | undefined;
  /** load_balance_hosts=random: the servers and their addresses are tried in random order. */
  isShuffled?: boolean | undefined;
  /** Command-line options for the server, as in PGOPTIONS. */
  options: string | undefined;
  connectTimeoutSeconds: number;
  /** How sessions and programs are watched; by the default of `stallTimeout` unless given. */
  watch?: WatchSettings | undefined;
  /** A session was opened with these settings, and its server can look for a client that is gone. */
  isChecked?: boolean | undefined;
  /** From which databases of this server are made and renamed, where the usual ones let nobody in. */
  maintenanceDatabase?: string | undefined;
}

/** Finds a cut cable within a minute; the kernel's default takes two hours. */
export const KEEPALIVE = { idleSeconds: 30, intervalSeconds: 10, count: 3 } as const;

export function isSocketDirectory(host: string): boolean {
  return host.startsWith('/') || host.startsWith('@');
}

/** Whether the host is this machine, so that no network can listen in. */
export function isLoopback(host: string): boolean {
  return (
    isSocketDirectory(host) ||
    host === 'localhost' ||
    host === '::1' ||
    (isIP(host) === 4 && host.startsWith('127.'))
  );
}

/** Whether the host is an endpoint of Amazon RDS, whose certificates no system trusts by itself. */
export function isOfRds(host: string): boolean {
  return /\.rds\.(?:[\w-]+\.)?amazonaws\.com(?:\.cn)?$/i.test(host);
}

/** host:port/database, for people; several servers as libpq's URLs list them. */
export function describeConnection({ others = [], ...settings }: ConnectionSettings): string {
  return `${[settings, ...others].map(describeServer).join(',')}/${settings.database}`;
}

export function describeServer({ host, port }: Pick<ServerSettings, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether every further session and program reaches the same server: one host, one address. */
export function isPinned({ host, hostaddr, others = [] }: ConnectionSettings): boolean {
  return others.length === 0 && (hostaddr !== undefined || isSocketDirectory(host));
}

/** The same server, another database. */
export function withDatabase(settings: ConnectionSettings, database: string): ConnectionSettings {
  return { ...settings, database };
}
