import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** User and group that a program runs as, where we are root. */
export interface Identity {
  uid: number;
  gid: number;
}

/** How a program is started in a network namespace of its own, in which there is nothing but a loopback device that is down. */
export interface NetworkNamespace {
  /** Path and arguments before those of the program; the process becomes the program. */
  prefix: readonly [string, ...string[]];
  /** Whom to start it as; undefined where the prefix itself changes the user. */
  identity: Identity | undefined;
}

/**
 * A network namespace that this machine lets us make; undefined where there is none: other systems than Linux, and most containers.
 * Unix sockets are files, so the server can be reached from outside all the same. Root may make one by itself; anybody else needs a
 * user namespace, which keeps the own uid, because a server refuses to run as root.
 */
export function findNetworkNamespace(identity: Identity | undefined): NetworkNamespace | undefined {
  if (process.platform !== 'linux') return undefined;
  const unshare = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'unshare'))
    .find((path) => path.startsWith('/') && existsSync(path));
  if (unshare === undefined) return undefined;
  const inUserNamespace: NetworkNamespace = {
    prefix: [unshare, '--map-current-user', '--net', '--'],
    identity,
  };
  return candidates(unshare, { identity, inUserNamespace }).find(works);
}

interface Candidates {
  identity: Identity | undefined;
  inUserNamespace: NetworkNamespace;
}

function candidates(
  unshare: string,
  { identity, inUserNamespace }: Candidates,
): NetworkNamespace[] {
  if (identity === undefined) return [inUserNamespace];
  const to = [`--setgid=${identity.gid}`, `--setuid=${identity.uid}`];
  return [{ prefix: [unshare, '--net', ...to, '--'], identity: undefined }, inUserNamespace];
}

function works({ prefix: [command, ...args], identity }: NetworkNamespace): boolean {
  const { status } = spawnSync(command, [...args, 'true'], {
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    stdio: 'ignore',
    timeout: 10_000,
    ...identity,
  });
  return status === 0;
}
