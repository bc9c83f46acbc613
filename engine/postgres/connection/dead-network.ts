import {
  type ConnectionSettings,
  isSocketDirectory,
  KEEPALIVE,
  type WatchSettings,
} from '../connection-settings.ts';
import { serverOption } from './server-options.ts';

/** How long a connection may transfer nothing, where the config does not say it. */
export const STALL_TIMEOUT_SECONDS = 300;

/**
 * How often the server looks whether the client is still there while it works on a statement.
 * Without it an index is built to its end for a client that died.
 */
export const CHECK_CLIENT_INTERVAL = '10s';

/** The stall watch comes first: it knows whether the server works or a store is waited for. */
const SLACK_SECONDS = 60;

/**
 * Sessions of ours get small answers, and read them at once: the server needs no more patience with
 * them than its keepalives take.
 */
const SESSION_SECONDS = KEEPALIVE.idleSeconds + KEEPALIVE.intervalSeconds * KEEPALIVE.count;

/**
 * Statements that make the server end this session soon after our machine or the network has died.
 * Its own default is two hours, for which the locks of the session would stay. Keepalives are not
 * sent while an answer is on its way; tcp_user_timeout is for that time.
 */
export function sessionTimeouts(settings: ConnectionSettings): string[] {
  return serverTimeouts(settings, SESSION_SECONDS).map(
    ([name, value]) => `SET ${name} = '${value}'`,
  );
}

/** The same for a program, as PGOPTIONS has it. Its reader may pause for as long as a store does. */
export function programTimeouts(settings: ConnectionSettings): string[] {
  const checks = settings.isChecked
    ? [['client_connection_check_interval', CHECK_CLIENT_INTERVAL] as const]
    : [];
  return [...serverTimeouts(settings, programSeconds(settings.watch)), ...checks].map(
    ([name, value]) => serverOption(name, value),
  );
}

/** For our end of a program's connection, in milliseconds as libpq takes it. */
export function libpqUserTimeout(watch: WatchSettings | undefined): number {
  return Math.round(programSeconds(watch) * 1000);
}

function programSeconds(watch: WatchSettings | undefined): number {
  return (watch?.stallTimeoutSeconds ?? STALL_TIMEOUT_SECONDS) + SLACK_SECONDS;
}

/** None where the connection crosses no network. */
function serverTimeouts(
  { host, hostaddr }: ConnectionSettings,
  userTimeoutSeconds: number,
): [name: string, value: string][] {
  if (hostaddr === undefined && isSocketDirectory(host)) return [];
  return [
    ['tcp_keepalives_idle', String(KEEPALIVE.idleSeconds)],
    ['tcp_keepalives_interval', String(KEEPALIVE.intervalSeconds)],
    ['tcp_keepalives_count', String(KEEPALIVE.count)],
    ['tcp_user_timeout', String(Math.round(userTimeoutSeconds * 1000))],
  ];
}
