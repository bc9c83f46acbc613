import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolders } from '../../engine/adapters/folder/make-folders.ts';

describe('makeFolders', () => {
  let root: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'holdfast-folders-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it('makes the same folders for several streams at once', async () => {
    for (let round = 0; round < 200; round += 1) {
      const folder = join(root, String(round), 'plan', 'database', 'set');
      await Promise.all(Array.from({ length: 8 }, () => makeFolders(folder, { mode: 0o700 })));
      expect((await stat(folder)).isDirectory()).toBe(true);
    }
  });

  it.runIf(process.platform === 'linux')('gives up where no folder can be made', async () => {
    await expect(makeFolders('/proc/holdfast/set')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
