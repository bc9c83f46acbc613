import { libpqUserTimeout, programTimeouts } from './connection/dead-network.ts';
import { type ConnectionSettings, KEEPALIVE } from './connection-settings.ts';

export interface LibpqOptions {
  applicationName: string;
}

/**
 * The whole environment of a libpq program: nothing of ours leaks into it, and the password is in no argument.
 * The settings are those of a session that was opened, so the program reaches the same server at the same address.
 * PGSYSCONFDIR and HOME point nowhere, so that no service file, passfile or root.crt of this user changes what was resolved.
 */
export function libpqEnvironment(
  settings: ConnectionSettings,
  { applicationName }: LibpqOptions,
): Record<string, string> {
  // The last one of a name counts, so what the user set wins.
  const options = [...programTimeouts(settings), settings.options ?? ''];
  const optional = {
    PGPASSWORD: settings.password?.reveal(),
    PGSSLROOTCERT: settings.sslrootcert,
    PGSSLCERT: settings.sslcert,
    PGSSLKEY: settings.sslkey,
    PGSSLCRL: settings.sslcrl,
    PGSSLMINPROTOCOLVERSION: settings.minTlsVersion,
    PGSSLMAXPROTOCOLVERSION: settings.maxTlsVersion,
    PGHOSTADDR: settings.hostaddr,
    PGCHANNELBINDING: settings.requiresChannelBinding ? 'require' : undefined,
    PGOPTIONS: options.join(' ').trim() || undefined,
  };
  return {
    PGHOST: settings.host,
    PGPORT: String(settings.port),
    PGUSER: settings.user,
    PGDATABASE: settings.database,
    PGSSLMODE: settings.sslmode,
    PGGSSENCMODE: 'disable',
    PGCONNECT_TIMEOUT: String(settings.connectTimeoutSeconds),
    PGAPPNAME: applicationName,
    PGPASSFILE: '/dev/null',
    PGSYSCONFDIR: '/nonexistent',
    HOME: '/nonexistent',
    LC_ALL: 'C.UTF-8',
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

/**
 * A connection string without any secret: what has no environment variable, and the guard that a
 * libpq before 16 would ignore as a variable and refuses as a word.
 */
export function libpqConnectionString({
  database,
  allowedAuth,
  watch,
}: Pick<ConnectionSettings, 'allowedAuth' | 'watch'> & { database?: string }): string {
  const { idleSeconds, intervalSeconds, count } = KEEPALIVE;
  const words = {
    dbname: database,
    keepalives: 1,
    keepalives_idle: idleSeconds,
    keepalives_interval: intervalSeconds,
    keepalives_count: count,
    tcp_user_timeout: libpqUserTimeout(watch),
    require_auth: allowedAuth?.join(','),
  };
  return Object.entries(words)
    .filter(([, value]) => value !== undefined)
    .map(([word, value]) => `${word}='${String(value).replace(/[\\']/g, '\\$&')}'`)
    .join(' ');
}
