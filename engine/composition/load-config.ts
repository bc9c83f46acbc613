import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readYamlConfig } from '../adapters/yaml-config.ts';
import {
  configFromEnvironment,
  DATABASE_VARIABLES,
  type Environment,
} from '../config/from-environment.ts';
import { parseConfig } from '../config/parse-config.ts';
import type { Config } from '../config/schema.ts';
import { withoutInherited } from '../config/without-inherited.ts';
import { ENV } from '../contract.ts';
import { parseEnvFile } from '../domain/env-file.ts';
import { HoldfastError } from '../errors.ts';
import { readSmallFile, UnreadableFile } from '../files/read-small-file.ts';
import { homeDirectory } from '../postgres/connection/local-account.ts';
import { resolveConnection } from '../postgres/connection-resolver.ts';

export interface ConfigSources {
  /** --config */
  configPath?: string | undefined;
  /** --env-file */
  envFile?: string | undefined;
  env: Environment;
  cwd: string;
}

export interface LoadedConfig {
  config: Config;
  /** The file it came from; undefined when the environment alone described it. */
  path: string | undefined;
  /** The env file that was named, absolute. */
  envFile?: string | undefined;
  /** The environment with the env file over it. */
  env: Environment;
  /** The env file and the environment by themselves, the stronger one first; `env` alone unless given. */
  layers?: readonly Environment[] | undefined;
  /** Makes a path of the config absolute: relative to its file, `~` is the home directory. */
  resolvePath: (path: string) => string;
}

/** The config of a run: --config, $HOLDFAST_CONFIG, ./holdfast.yaml, or the environment alone. @throws HoldfastError CONFIG_INVALID, CONFIG_NOT_FOUND. */
export async function loadConfig({
  configPath,
  envFile,
  env: ambient,
  cwd,
}: ConfigSources): Promise<LoadedConfig> {
  const envPath = envFile === undefined ? undefined : resolve(cwd, envFile);
  const file = envPath === undefined ? undefined : await readEnvFile(envPath);
  const layers = file === undefined ? [ambient] : [file, ambient];
  const env = withoutInherited({ ...ambient, ...file });
  const named = configPath ?? (env[ENV.config] || undefined);
  const path = resolve(cwd, named ?? 'holdfast.yaml');
  if (named !== undefined || (await exists(path))) {
    const config = await readYamlConfig(path);
    const resolvePath = (text: string) => resolve(dirname(path), expandHome(text));
    const ca = config.ca === undefined ? {} : { [ENV.ca]: resolvePath(config.ca) };
    return {
      config,
      path,
      envFile: envPath,
      env: withoutInherited({ ...env, ...ca }),
      layers,
      resolvePath,
    };
  }
  const databaseName = DATABASE_VARIABLES.some((name) => env[name])
    ? await nameFromEnvironment(layers)
    : undefined;
  const config = parseConfig(configFromEnvironment(env, { databaseName }), {
    origin: 'the environment',
  });
  return {
    config,
    path: undefined,
    envFile: envPath,
    env,
    layers,
    resolvePath: (text) => resolve(cwd, expandHome(text)),
  };
}

/** NAME=value lines. @throws HoldfastError CONFIG_NOT_FOUND, CONFIG_INVALID where it has none. */
export async function readEnvFile(path: string): Promise<Environment> {
  const bytes = await readSmallFile(path).catch((cause: unknown) => {
    if (!(cause instanceof UnreadableFile)) throw cause;
    throw new HoldfastError({
      code: cause.isAbsent ? 'CONFIG_NOT_FOUND' : 'CONFIG_INVALID',
      message: cause.isAbsent
        ? `there is no env file at ${path}`
        : `the env file ${path} can not be read: ${cause.message}`,
      hint: 'Check the path in --env-file or envFile, and that this user may read the file.',
      cause,
    });
  });
  const variables = parseEnvFile(utf8Of(bytes, path));
  if (Object.keys(variables).length > 0) return variables;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `the env file ${path} has no NAME=value line`,
    hint: 'Write one variable per line, for example: DATABASE_URL=postgresql://backup@host/clinic',
  });
}

/** A password with characters that can not be read would be another password. */
function utf8Of(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `the env file ${path} is not UTF-8`,
      hint: 'Save it as UTF-8: letters that can not be read would become part of passwords and names.',
      cause,
    });
  }
}

async function nameFromEnvironment(layers: readonly Environment[]): Promise<string> {
  const { database } = await resolveConnection({}, { layers });
  return database;
}

export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? homeDirectory() + path.slice(1) : path;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
