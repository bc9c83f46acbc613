import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { expectCleanFailure } from '../fixtures/aftermath.ts';
import { type Scene, setScene } from '../fixtures/scene.ts';
import { listSets } from '../fixtures/set.ts';
import { makeShortPgDump } from '../fixtures/short-pg-dump.ts';

describe('a pg_dump that does not finish', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene();
  });

  afterEach(() => scene.remove());

  const backUp = async (keep: string, exitStatus: number) => {
    const directory = await makeShortPgDump({
      tools: inject('postgres').tools,
      folder: scene.workspace.folder,
      keep,
      exitStatus,
    });
    return scene.workspace.run(['backup', '--json'], { HOLDFAST_POSTGRES_BIN: directory });
  };

  it.each([
    '24',
    'size / 2',
    'size',
  ])('fails the backup when it exits with 1 after %s bytes of its archive', async (keep) => {
    const finished = await backUp(keep, 1);
    await expectCleanFailure(finished, { ...scene, code: 'DUMP_FAILED', status: 1 });
    expect(finished.error().message).toMatch(/^pg_dump exited with 1/);
  });

  it.each([
    '24',
    'size / 2',
    'size - 1',
  ])('is found by verify when it exits with 0 after %s bytes of its archive', async (keep) => {
    expect(await backUp(keep, 0)).toMatchObject({ status: 0 });
    const verified = await scene.workspace.run(['verify', 'latest', '--json']);
    expect(verified).toMatchObject({ status: 1, stdout: '' });
    expect(verified.error()).toMatchObject({ code: 'OBJECT_DAMAGED' });
    expect(await listSets(scene.workspace)).toMatchObject([{ state: 'SUSPECT' }]);
  });
});
