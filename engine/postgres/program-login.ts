import type { ConnectionSettings } from './connection-settings.ts';
import { Session } from './session.ts';

export interface ProgramLoginOptions {
  applicationName: string;
}

/**
 * Settings whose login was let in a moment ago. A program of libpq can not ask for another password when its own is refused, so a
 * session tries it first; where the login never changes nothing is asked.
 * @throws HoldfastError CONNECTION_FAILED, and what the source of the login throws.
 */
export async function settingsForProgram(
  settings: ConnectionSettings,
  options: ProgramLoginOptions,
): Promise<ConnectionSettings> {
  if (settings.login === undefined) return settings;
  const session = await Session.open(settings, options);
  await session.end();
  return session.settings;
}
