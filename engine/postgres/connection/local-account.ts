import { homedir, type UserInfo, userInfo } from 'node:os';

/** Where neither HOME nor the list of users says where the home directory is. */
const NO_HOME = '/nonexistent';

/**
 * The name of the user that runs this process. A container may run it with a user id that the
 * machine has no name for; then undefined.
 */
export function localUserName(): string | undefined {
  return infoOfUser()?.username || undefined;
}

/** The same, for records that people read. */
export function describeLocalUser(): string {
  return localUserName() ?? `uid ${process.getuid?.() ?? 'unknown'}`;
}

/** As for libpq: HOME, unless it is empty, and then what the list of users says. */
export function homeDirectory(): string {
  try {
    return homedir() || infoOfUser()?.homedir || NO_HOME;
  } catch {
    return NO_HOME;
  }
}

function infoOfUser(): UserInfo<string> | undefined {
  try {
    return userInfo();
  } catch {
    return undefined;
  }
}
