import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from '../fixtures/failure.ts';
import { type HangingMount, mountThatHangs } from '../fixtures/hanging-mount.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const mount = await mountThatHangs();

describe.skipIf(mount === undefined)('a repository on a mount that does not answer', () => {
  const { folder } = mount as HangingMount;
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = await makeWorkspace({
      databaseUrl: 'postgresql:///nowhere',
      env: { BACKUP_DIR: `${folder}/backups` },
    });
  });
  afterAll(async () => {
    await workspace.remove();
    await mount?.remove();
  });

  it.each([
    ['list'],
    ['prune'],
    ['verify', 'latest'],
    ['hold', 'latest'],
  ])('is unreachable within 40 s, and the process ends: %s', async (...args) => {
    const began = Date.now();
    expectFailure(await workspace.run([...args, '--json']), {
      code: 'REPOSITORY_UNREACHABLE',
      status: 75,
    });
    expect(Date.now() - began).toBeLessThan(40_000);
  });
});
