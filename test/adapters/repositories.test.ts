import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderRepository } from '../../engine/adapters/folder-repository.ts';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { repositorySuite } from '../suites/repository-suite.ts';

repositorySuite('memory', async () => ({
  repository: new MemoryRepository(),
  remove: async () => undefined,
}));

repositorySuite('a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hf-repo-'));
  return {
    repository: new FolderRepository(join(folder, 'backups')),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});

describe('a folder repository', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-repo-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('keeps folders and files to their owner', async () => {
    const repository = new FolderRepository(join(folder, 'backups'));
    await repository.put('p/d/s/data', Buffer.from('x'));
    expect((await stat(join(folder, 'backups/p/d'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'backups/p/d/s/data'))).mode & 0o777).toBe(0o600);
  });

  it('says that a file stands where the folder should be', async () => {
    await writeFile(join(folder, 'backups'), 'not a folder');
    const repository = new FolderRepository(join(folder, 'backups'));
    await expect(repository.put('p/x', Buffer.from('x'))).rejects.toMatchObject({
      code: expect.stringMatching(/REPOSITORY_UNREACHABLE|OBJECT_EXISTS/),
    });
  });

  it('stores through a symbolic link to another disk', async () => {
    await new FolderRepository(join(folder, 'disk')).put('p/x', Buffer.from('x'));
    await symlink(join(folder, 'disk'), join(folder, 'backups'));
    const repository = new FolderRepository(join(folder, 'backups'));
    await repository.put('p/y', Buffer.from('y'));
    expect(await readFile(join(folder, 'disk/p/y'), 'utf8')).toBe('y');
  });

  it('knows how much room there is, also before its folder exists', async () => {
    const space = await new FolderRepository(join(folder, 'not/yet')).freeSpace();
    expect(space?.totalBytes).toBeGreaterThan(space?.freeBytes ?? Number.POSITIVE_INFINITY);
  });
});
