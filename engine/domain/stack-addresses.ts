import type { AddressConfig, DatabaseConfig } from '../config/database-schema.ts';
import { restoreAddressOf } from '../config/restore-address.ts';
import { isHoldfastError } from '../errors.ts';
import { regionOfArn, regionOfHost } from './aws-region.ts';
import { parseConnectionString } from './connection-url.ts';

/** What stays on the machine where it is written down. */
const OF_THIS_MACHINE = ['service', 'envFile', 'fromEnvironment', 'passwordEnv'] as const;
const LOOPBACK = /^(localhost|127\.[0-9.]+|\[?::1\]?)$/;
/** What stands for others in the resource of a policy. */
const WILDCARDS = /[*?]|\$\{/;

/** Of databases and their standbys. */
export function addressesOf(databases: readonly DatabaseConfig[]): AddressConfig[] {
  return databases.flatMap((database) => [
    database,
    ...(database.replica === undefined ? [] : [database.replica]),
  ]);
}

/** The addresses that restores alone log in to, by `restoreAs`. */
export function restoreAddressesOf(databases: readonly DatabaseConfig[]): AddressConfig[] {
  return databases.map(restoreAddressOf).filter((address) => address !== undefined);
}

/** Why the task of a restore could not log in by `restoreAs`. */
export function restoreLoginMistakes(name: string, database: DatabaseConfig): string[] {
  const { restoreAs } = database;
  if (restoreAs === undefined) return [];
  const at = `databases.${name}.restoreAs`;
  const { user, iam, secret, passwordEnv } = restoreAs;
  if (passwordEnv !== undefined)
    return [`${at}.passwordEnv: a task in AWS has no such variable; set secret or iam`];
  if ((secret ?? iam) === undefined)
    return [`${at}: has no login that works in AWS; set secret, or iam with user`];
  return iam !== undefined && user !== undefined && WILDCARDS.test(user)
    ? [severalUsers(at, user)]
    : [];
}

/** Why a task in AWS could not reach or log in to a database; `name` is `clinic` or `clinic.replica`. */
export function addressMistakes(name: string, address: AddressConfig): string[] {
  const at = `databases.${name}`;
  const local = OF_THIS_MACHINE.filter((setting) => address[setting] !== undefined);
  return [
    ...local.map(
      (setting) =>
        `${at}.${setting}: is of this machine, and a task in AWS has none; set secret, or iam with host and user`,
    ),
    ...(address.secret === undefined && address.iam === undefined && local.length === 0
      ? [`${at}: has no login that works in AWS; set secret, or iam with host and user`]
      : []),
    ...partMistakes(at, address),
  ];
}

/**
 * What an address says by itself, as the resolver of connections takes it: its own settings before its URL.
 * @throws HoldfastError CONFIG_INVALID for a URL that can not be read.
 */
function partsOf({ url, host, user }: AddressConfig): {
  host: string | undefined;
  user: string | undefined;
} {
  const said = url === undefined || url === '' ? {} : parseConnectionString(url);
  return { host: host ?? (said.host || undefined), user: user ?? (said.user || undefined) };
}

/** Of whom a task makes tokens of IAM; undefined where it makes none, or the address does not say. */
export function userOfToken(address: AddressConfig): string | undefined {
  if (address.iam === undefined) return undefined;
  const parts = readParts(address);
  return typeof parts === 'string' ? undefined : parts.user;
}

/** Where RDS runs a database, as far as its address says; undefined for where the stack is. Its secret may lie elsewhere. */
export function regionOfAddress(address: AddressConfig): string | undefined {
  const parts = readParts(address);
  const host = typeof parts === 'string' ? undefined : parts.host;
  return address.region ?? regionOfHost(host ?? '') ?? regionOfArn(address.secret ?? '');
}

function partMistakes(at: string, address: AddressConfig): string[] {
  const parts = readParts(address);
  if (typeof parts === 'string') return [`${at}.url: ${parts}`];
  const { host } = parts;
  return [
    ...(host?.split(',') ?? [])
      .filter((one) => !isRemote(one))
      .map((one) => `${at}: "${one}" is this machine, and a task in AWS is another one`),
    ...(address.iam === undefined ? [] : tokenMistakes(at, parts)),
  ];
}

function readParts(address: AddressConfig): ReturnType<typeof partsOf> | string {
  try {
    return partsOf(address);
  } catch (error) {
    if (isHoldfastError(error)) return error.message;
    throw error;
  }
}

/** A token is of one user, and so is the role's right to make it: without a name it would be one to log in as everybody. */
function tokenMistakes(at: string, { host, user }: ReturnType<typeof partsOf>): string[] {
  const missing = Object.entries({ host, user }).flatMap(([part, value]) =>
    value === undefined ? [part] : [],
  );
  return [
    ...missing.map((part) => `${at}.${part}: is needed with iam, here or in the URL`),
    ...(host?.includes(',') ? [`${at}: iam takes one host, because a token is made for it`] : []),
    ...(user !== undefined && WILDCARDS.test(user) ? [severalUsers(at, user)] : []),
  ];
}

function severalUsers(at: string, user: string): string {
  return `${at}.user: "${user}" stands for several users in a policy of IAM; choose another name`;
}

/** A directory is that of a Unix socket. */
function isRemote(host: string): boolean {
  return !host.startsWith('/') && !LOOPBACK.test(host);
}
