import { readBreakGlassPublicKey } from '../adapters/break-glass.ts';
import { readSmallFile } from '../files/read-small-file.ts';
import type { LoadedConfig } from './load-config.ts';

/**
 * The public half of the break-glass pair as PEM, for those who have not the file; undefined where the config names none.
 * @throws HoldfastError KEY_MISSING, KEY_INVALID.
 */
export async function breakGlassText({
  config: { keys },
  resolvePath,
}: LoadedConfig): Promise<string | undefined> {
  if (keys.breakGlass === undefined) return undefined;
  const path = resolvePath(keys.breakGlass);
  await readBreakGlassPublicKey(path);
  return (await readSmallFile(path)).toString('utf8');
}
