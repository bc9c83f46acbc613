import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { readYamlConfig } from '../adapters/yaml-config.ts';
import {
  configFromEnvironment,
  DATABASE_VARIABLES,
  type Environment,
} from '../config/from-environment.ts';
import { parseConfig } from '../config/parse-config.ts';
import type { Config } from '../config/schema.ts';
import { ENV } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
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
  /** The environment with the env file over it. */
  env: Environment;
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
  const env =
    envFile === undefined ? ambient : { ...ambient, ...(await readEnvFile(resolve(cwd, envFile))) };
  const named = configPath ?? (env[ENV.config] || undefined);
  const path = resolve(cwd, named ?? 'holdfast.yaml');
  if (named !== undefined || (await exists(path))) {
    return {
      config: await readYamlConfig(path),
      path,
      env,
      resolvePath: (text) => resolve(dirname(path), expandHome(text)),
    };
  }
  const databaseName = DATABASE_VARIABLES.some((name) => env[name])
    ? await nameFromEnvironment(env)
    : undefined;
  const config = parseConfig(configFromEnvironment(env, { databaseName }), {
    origin: 'the environment',
  });
  return { config, path: undefined, env, resolvePath: (text) => resolve(cwd, expandHome(text)) };
}

/** NAME=value lines; quotes and spaces as in any .env file. @throws HoldfastError CONFIG_NOT_FOUND. */
export async function readEnvFile(path: string): Promise<Environment> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new HoldfastError({
      code: 'CONFIG_NOT_FOUND',
      message: `there is no env file at ${path}`,
      hint: 'Check --env-file, or envFile in the config.',
      cause,
    });
  });
  return parseEnv(text);
}

async function nameFromEnvironment(env: Environment): Promise<string> {
  const url = env[ENV.databaseUrl];
  const { database } = await resolveConnection(url ? { url } : {}, { env });
  return database;
}

export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? homedir() + path.slice(1) : path;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
