import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  auditRecords,
  expectCleanFailure,
  expectGone,
  expectServerFree,
  leftovers,
} from '../fixtures/aftermath.ts';
import { type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';
import { listSets } from '../fixtures/set.ts';

describe('a backup that a signal ends in the midst of its dump', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await setScene({ holdAfterBytes: 1_000_000 });
  });

  afterEach(() => scene.remove());

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves nothing after %s', async (signal) => {
    const { running, family } = await startHeldBackup(scene);
    running.child.kill(signal);
    await expectCleanFailure(await running.finished, {
      ...scene,
      family,
      code: 'INTERRUPTED',
      status: 75,
    });
  });

  it('leaves nothing after Ctrl-C, which reaches pg_dump too', async () => {
    const { running, family } = await startHeldBackup(scene);
    for (const { pid, command } of family) if (command.includes('pg_dump')) interrupt(pid);
    running.child.kill('SIGINT');
    await expectCleanFailure(await running.finished, {
      ...scene,
      family,
      code: ['INTERRUPTED'],
      status: 75,
    });
  });

  it('leaves no process and no session after SIGKILL, and the next run sweeps up and records it', async () => {
    const { running, family } = await startHeldBackup(scene);
    expect(family.map(({ command }) => command).join()).toMatch(
      /pg_dump.*\/bin\/sh|\/bin\/sh.*pg_dump/s,
    );
    running.child.kill('SIGKILL');
    expect(await running.finished).toMatchObject({ signal: 'SIGKILL' });
    await expectGone(family);
    await expectServerFree(scene.database);
    const [dead] = await leftovers(scene.workspace);
    expect(dead).toMatch(/^\.unfinished\//);
    expect(await auditRecords(scene.workspace)).toEqual([]);

    scene.proxy.thaw();
    expect(await scene.workspace.run(['backup', '--json'])).toMatchObject({ status: 0 });
    expect(
      (await leftovers(scene.workspace)).filter((path) => path.startsWith('.unfinished/')),
    ).toEqual([]);
    const id = dead?.split('/')[3];
    const records = await auditRecords(scene.workspace);
    expect(records).toMatchObject([
      { backup: id, status: 'failed', error: { code: 'INTERRUPTED' } },
      { status: 'success' },
    ]);
    expect(await listSets(scene.workspace)).toHaveLength(1);
  });
});

/** That of the schema may have ended meanwhile. */
function interrupt(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
