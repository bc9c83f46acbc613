import { isIP } from 'node:net';
import type { SSL_MODES } from '../config/database-schema.ts';
import type { Secret } from '../domain/secret.ts';
import type { LoginSource } from '../ports/login.ts';

export type SslMode = (typeof SSL_MODES)[number];

/** All that is needed to reach one database; one value for the `pg` driver and for libpq's programs. */
export interface ConnectionSettings {
  host: string;
  port: number;
  user: string;
  database: string;
  password: Secret | undefined;
  /** Where user and password come from, for every session anew; what stands above is only the last of them. */
  login?: LoginSource | undefined;
  sslmode: SslMode;
  /** File of certificate authorities; undefined only where the mode checks no certificate. */
  sslrootcert: string | undefined;
  sslcert: string | undefined;
  sslkey: string | undefined;
  /** Command-line options for the server, as in PGOPTIONS. */
  options: string | undefined;
  connectTimeoutSeconds: number;
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

/** host:port/database, for people. */
export function describeConnection({ host, port, database }: ConnectionSettings): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

/** The same server, another database. */
export function withDatabase(settings: ConnectionSettings, database: string): ConnectionSettings {
  return { ...settings, database };
}
