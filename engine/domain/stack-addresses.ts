import type { AddressConfig } from '../config/database-schema.ts';

/** What stays on the machine where it is written down. */
const OF_THIS_MACHINE = ['service', 'envFile', 'fromEnvironment', 'passwordEnv'] as const;
const LOOPBACK = /^(localhost|127\.[0-9.]+|\[?::1\]?)$/;

/** Why a task in AWS could not reach or log in to a database; `name` is `clinic` or `clinic.replica`. */
export function addressMistakes(name: string, address: AddressConfig): string[] {
  const at = `databases.${name}`;
  const local = OF_THIS_MACHINE.filter((setting) => address[setting] !== undefined);
  const host = hostOf(address);
  return [
    ...local.map((setting) => `${at}.${setting}: is of this machine, and a task in AWS has none; set secret, or iam with host and user`),
    ...(address.secret === undefined && address.iam === undefined && local.length === 0
      ? [`${at}: has no login that works in AWS; set secret, or iam with host and user`]
      : []),
    ...(host === undefined || isRemote(host) ? [] : [`${at}: "${host}" is this machine, and a task in AWS is another one`]),
  ];
}

export function addressNotes(name: string, { sslrootcert }: AddressConfig): string[] {
  if (sslrootcert === undefined || sslrootcert === 'system') return [];
  return [`databases.${name}.sslrootcert: a file of this machine; tasks trust the authorities of RDS and of the system instead`];
}

/** A directory is that of a Unix socket. */
function isRemote(host: string): boolean {
  return !host.startsWith('/') && !LOOPBACK.test(host);
}

function hostOf({ host, url }: AddressConfig): string | undefined {
  if (host !== undefined || url === undefined) return host;
  if (!/^[a-z]+:\/\//i.test(url)) return /(?:^|\s)host\s*=\s*'?([^\s']+)/.exec(url)?.[1];
  const parameter = /[?&]host=([^&]+)/.exec(url)?.[1];
  const authority = /^[a-z]+:\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^/:?]*)/i.exec(url)?.[1];
  return parameter === undefined ? authority || undefined : decodeURIComponent(parameter);
}
