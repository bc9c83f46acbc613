import { loadConfig } from '../engine/composition/load-config.ts';
import { isHoldfastError } from '../engine/errors.ts';
import { recordSetup, type SetupDone } from '../engine/operations/audit/record-setup.ts';
import type { Invocation } from './invocation.ts';

/**
 * Records what a command did to this installation, where a config says which repositories it has.
 */
export async function recordSetupOf(
  invocation: Invocation,
  done: SetupDone,
  { config }: { config?: string } = {},
): Promise<void> {
  const { envFile } = invocation.options;
  const configPath = config ?? invocation.options.config;
  const sources = { configPath, envFile, env: process.env, cwd: process.cwd() };
  try {
    const loaded = await loadConfig(sources);
    const isConfigured =
      loaded.path !== undefined || Object.keys(loaded.config.databases).length > 0;
    if (!isConfigured) return;
    await recordSetup(await invocation.context(loaded, { access: 'none' }), done);
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
  }
}
