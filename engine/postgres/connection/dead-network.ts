import { type ConnectionSettings, isSocketDirectory, KEEPALIVE } from '../connection-settings.ts';
import { serverOption } from './server-options.ts';

/** How long a dump or a restore may transfer nothing, where no plan says it. */
export const STALL_TIMEOUT_SECONDS = 300;

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
export function programTimeouts(
  settings: ConnectionSettings,
  stallTimeoutSeconds = STALL_TIMEOUT_SECONDS,
): string[] {
  return serverTimeouts(settings, stallTimeoutSeconds + SLACK_SECONDS).map(([name, value]) =>
    serverOption(name, value),
  );
}

/** For our end of a program's connection, in milliseconds as libpq takes it. */
export function libpqUserTimeout(stallTimeoutSeconds = STALL_TIMEOUT_SECONDS): number {
  return Math.round((stallTimeoutSeconds + SLACK_SECONDS) * 1000);
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
