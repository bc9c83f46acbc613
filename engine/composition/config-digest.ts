import { createHash } from 'node:crypto';
import { readSmallFile } from '../files/read-small-file.ts';
import type { LoadedConfig } from './load-config.ts';

/**
 * SHA-256 of the config file, as `sha256sum` prints it; undefined where the environment alone is
 * the config.
 */
export async function configDigest({
  path,
}: Pick<LoadedConfig, 'path'>): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return createHash('sha256')
    .update(await readSmallFile(path))
    .digest('hex');
}
