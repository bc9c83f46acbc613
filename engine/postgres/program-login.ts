import { type ConnectionSettings, isPinned } from './connection-settings.ts';
import { Session } from './session.ts';

export interface ProgramLoginOptions {
  applicationName: string;
}

/**
 * Settings of the one server that a program has to reach, with a login that was accepted a moment ago.
 * A program of libpq can not ask for another password when its own is refused, so a session tries it
 * first; with a login that never changes and a server that was reached before, none is opened.
 * @throws HoldfastError CONNECTION_FAILED, and what the source of the login throws.
 */
export async function settingsForProgram(
  settings: ConnectionSettings,
  options: ProgramLoginOptions,
): Promise<ConnectionSettings> {
  if (settings.login === undefined && isPinned(settings)) return settings;
  const session = await Session.open(settings, options);
  await session.end();
  return session.settings;
}
