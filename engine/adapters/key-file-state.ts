import { stat } from 'node:fs/promises';
import type { KeyFileState } from '../domain/health/keys.ts';
import type { Asked } from '../domain/repository/store-settings.ts';
import { isErrno } from './folder-failure.ts';

/** Whether a key file is there, who may read it, and whose it is; it is not opened. */
export async function askKeyFile(path: string): Promise<Asked<KeyFileState>> {
  const asks = process.getuid?.();
  try {
    const { mode, uid } = await stat(path);
    const hasModes = process.platform !== 'win32';
    return {
      told: {
        kind: 'file',
        isThere: true,
        mode: hasModes ? mode & 0o7777 : null,
        isOurs: !hasModes || asks === undefined || asks === 0 || uid === 0 || uid === asks,
      },
    };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR'))
      return { told: { kind: 'file', isThere: false, mode: null, isOurs: true } };
    if (isErrno(error, 'EACCES')) return { refused: 'its folder may not be read' };
    throw error;
  }
}
