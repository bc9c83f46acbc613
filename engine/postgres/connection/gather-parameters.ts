import { GUIDE_VARIABLES, LIBPQ_PARAMETERS } from '../../config/environment/libpq-parameters.ts';
import type { Environment } from '../../config/from-environment.ts';
import { ENV } from '../../contract.ts';
import { parseConnectionString } from '../../domain/connection-url.ts';
import { HoldfastError } from '../../errors.ts';
import { readService, type ServiceFiles } from '../service-file.ts';

/** Where one database is, as far as the configuration says. */
export interface ConnectionSource {
  /** A URL or a key=value string. */
  url?: string | undefined;
  service?: string | undefined;
  /** Parameters by libpq's names; they win over the URL. */
  parameters?: Record<string, string | undefined>;
  /** Parameters that everything else wins over. */
  defaults?: Record<string, string | undefined>;
  /** The password comes from elsewhere: the environment and the passfile are not searched for one. */
  hasLogin?: boolean;
}

export type Parameters = Record<string, string>;

export interface GatherOptions {
  /** Env files before the environment itself: each one wins over those behind it. */
  layers: readonly Environment[];
  home: string;
}

/** What a parameter of libpq's names in a lower layer must never be mixed with a server of a higher one. */
const OF_SERVER = ['host', 'hostaddr', 'port', 'target_session_attrs', 'load_balance_hosts'];
const OF_PASSWORD = ['password', 'passfile'];

/**
 * All parameters of a connection, in libpq's order: parameters and URL, then the service file, then
 * the environment. An env file wins over the environment whatever the names of the variables are.
 * A value that is empty, where libpq takes it for one, keeps weaker sources out and means the default.
 * @throws HoldfastError CONFIG_INVALID.
 */
export async function gatherParameters(
  source: ConnectionSource,
  { layers, home }: GatherOptions,
): Promise<Parameters> {
  const given = {
    ...(source.url === undefined ? {} : parseConnectionString(source.url)),
    ...withoutEmpty(source.parameters ?? {}),
  };
  const files = serviceFilesOf(layers, home);
  const explicit = await withService({ ...serviceOf(source), ...given }, files);
  let found: Parameters = explicit;
  for (const [index, layer] of layers.entries()) {
    const isLast = index === layers.length - 1;
    const own = isLast ? withoutEmpty(layer) : layer;
    const isBelow = index > 0;
    const isElsewhere = isBelow && namesServer(found);
    const lower = await expand(own, {
      files,
      hasUrl: isElsewhere || source.url !== undefined,
      hasService: isElsewhere || 'service' in found,
      hasServer: namesServer(explicit),
    });
    found = { ...(isBelow ? withoutMixing(lower, found) : lower), ...found };
  }
  const { service: _service, servicefile: _file, ...parameters } = found;
  return { ...withoutEmpty(source.defaults ?? {}), ...parameters };
}

function serviceOf({ service }: ConnectionSource): Parameters {
  return service === undefined ? {} : { service };
}

/** Where the layers say that service files are. */
export function serviceFilesOf(layers: readonly Environment[], home: string): ServiceFiles {
  const first = (name: string) =>
    layers.map((layer) => layer[name]).find((value) => value !== undefined && value !== '');
  return { file: first('PGSERVICEFILE'), directory: first('PGSYSCONFDIR'), home };
}

async function withService(parameters: Parameters, files: ServiceFiles): Promise<Parameters> {
  const { service, servicefile } = parameters;
  if (service === undefined || service === '') return parameters;
  const own = servicefile ? { ...files, file: servicefile } : files;
  return { ...(await readService(service, own)), ...parameters };
}

interface ExpandOptions {
  files: ServiceFiles;
  /** The URL of the layer does not count: a stronger source names a server, or has a URL. */
  hasUrl: boolean;
  /** The same of its service. */
  hasService: boolean;
  /** Config or URL name a server: the URL and the DB variables of the layer add no part of theirs. */
  hasServer: boolean;
}

/** One environment or env file: its URL before its service, before PG variables, before DB variables. */
async function expand(
  layer: Environment,
  { files, hasUrl, hasService, hasServer }: ExpandOptions,
): Promise<Parameters> {
  const text = hasUrl ? undefined : layer[ENV.databaseUrl];
  const whole = text ? parseConnectionString(text) : {};
  const fromUrl = hasServer ? without(whole, [...OF_SERVER, 'service']) : whole;
  const { service: ambient, ...variables } = libpqVariables(layer);
  const service = hasService ? undefined : (fromUrl.service ?? ambient);
  const upper = await withService(
    { ...fromUrl, ...(service === undefined ? {} : { service }) },
    files,
  );
  const named = { ...variables, ...upper };
  return { ...variables, ...guideVariables(layer, { named, hasServer }), ...upper };
}

function libpqVariables(layer: Environment): Parameters {
  const parameters: Parameters = {};
  for (const { keyword, variable } of LIBPQ_PARAMETERS) {
    const value = variable === undefined ? undefined : layer[variable];
    if (value === undefined || keyword === undefined || keyword === 'servicefile') continue;
    assertOneLine(variable ?? '', value);
    parameters[keyword] = value;
  }
  return parameters;
}

/** DB_HOST and DB_PORT are one address: they fill no gap in an address that something else names. */
function guideVariables(
  layer: Environment,
  { named, hasServer }: { named: Parameters; hasServer: boolean },
): Parameters {
  const isNamed = hasServer || Boolean(named.host || named.hostaddr);
  const parameters: Parameters = {};
  for (const [parameter, variable] of Object.entries(GUIDE_VARIABLES)) {
    const value = layer[variable];
    if (value === undefined || named[parameter]) continue;
    if (isNamed && (parameter === 'host' || parameter === 'port')) continue;
    assertOneLine(variable, value);
    parameters[parameter] = value;
  }
  return parameters;
}

function namesServer(parameters: Parameters): boolean {
  return ['host', 'hostaddr', 'service'].some((name) => name in parameters);
}

/** What a weaker layer may add: no part of its server where a stronger one names a server, and no password beside one. */
function withoutMixing(lower: Parameters, found: Parameters): Parameters {
  const dropped = [
    ...(namesServer(found) ? OF_SERVER : []),
    ...(OF_PASSWORD.some((name) => name in found) ? OF_PASSWORD : []),
  ];
  return without(lower, dropped);
}

function without(parameters: Parameters, dropped: readonly string[]): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !dropped.includes(name)));
}

function withoutEmpty(parameters: Readonly<Record<string, string | undefined>>): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  );
}

/** A line break comes from `$(cat file)` gone wrong; libpq would look for a server of that name. */
function assertOneLine(variable: string, value: string): void {
  if (!/[\r\n]/.test(value) || /PASSWORD$/.test(variable)) return;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `${variable} holds a line break`,
    hint: `Set ${variable} again without it, for example by: printf %s "$VALUE".`,
  });
}
