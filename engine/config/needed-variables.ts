import { ENV } from '../contract.ts';
import { ACCESS_VARIABLES, ADDRESS_VARIABLES } from './environment/libpq-parameters.ts';
import type { Environment } from './from-environment.ts';
import type { Config } from './schema.ts';

const isOfAws = (name: string) => name.startsWith('AWS_');

/** Proxies and certificate authorities; a timer has none of the variables of a shell. */
const NETWORK_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
const isOfNetwork = (name: string) =>
  NETWORK_VARIABLES.includes(name.toUpperCase()) ||
  [ENV.ca, 'AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'].includes(name);
const otherCase = (name: string) =>
  name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();

export interface NeededOptions {
  /** The environment of the person who asks. */
  ambient: Environment;
  /** What a scheduled run will have. */
  brought: Environment;
  /** No config file: the environment says everything. */
  isFromEnvironment: boolean;
}

/** Variables that the runs of this config read and would not have when a scheduler starts them, sorted. */
export function missingVariables(
  config: Config,
  { ambient, brought, isFromEnvironment }: NeededOptions,
): string[] {
  const tests = [
    (name: string) => ACCESS_VARIABLES.has(name),
    ...(readsDatabase(config) ? [(name: string) => ADDRESS_VARIABLES.has(name)] : []),
    ...(usesAws(config) ? [isOfAws] : []),
    ...(usesAws(config) || usesHttp(config) ? [isOfNetwork] : []),
  ];
  const ours: string[] = [
    ENV.keyFile,
    ...(isFromEnvironment ? [ENV.backupDir, ENV.bucket, ENV.retentionDays, ENV.kmsKey] : []),
  ];
  const isRead = (name: string) => ours.includes(name) || tests.some((test) => test(name));
  const isBrought = (name: string) =>
    Boolean(brought[name]) || (isOfNetwork(name) && Boolean(brought[otherCase(name)]));
  const set = Object.keys(ambient).filter((name) => ambient[name] && isRead(name));
  return [...new Set([...set, ...namedVariables(config)])]
    .filter((name) => !isBrought(name))
    .sort();
}

function readsDatabase({ databases }: Config): boolean {
  return addressesOf(databases).some(
    ({ fromEnvironment, envFile }) => fromEnvironment === true && envFile === undefined,
  );
}

function usesAws({ databases, repositories, keys }: Config): boolean {
  return (
    keys.kms !== undefined ||
    Object.values(repositories).some(({ bucket }) => bucket !== undefined) ||
    addressesOf(databases).some(({ secret, iam }) => (secret ?? iam) !== undefined)
  );
}

function usesHttp({ alerts, heartbeatUrl }: Config): boolean {
  return (alerts?.webhook ?? heartbeatUrl) !== undefined;
}

/** The variables that the config itself names. */
function namedVariables({ databases, alerts }: Config): string[] {
  const names = [
    ...addressesOf(databases).map(({ passwordEnv }) => passwordEnv),
    alerts?.email?.passwordEnv,
    alerts?.webhook?.urlEnv,
    alerts?.webhook?.routingKeyEnv,
  ];
  return names.filter((name) => name !== undefined);
}

function addressesOf(databases: Config['databases']) {
  return Object.values(databases).flatMap((database) =>
    database.replica === undefined ? [database] : [database, database.replica],
  );
}
