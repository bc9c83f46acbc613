import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectCleanFailure, expectGone } from '../fixtures/aftermath.ts';
import { readDocument } from '../fixtures/document.ts';
import {
  expectNoHalfDatabase,
  expectNoHalfTable,
  expectNothingRuns,
  expectWord,
  kill,
  killWhen,
  untilHeld,
} from '../fixtures/kill.ts';
import { COMMANDS, PAIRS, type Victim, victimsOf } from '../fixtures/kill-pairs.ts';
import { type KillScene, setKillScene } from '../fixtures/kill-scene.ts';
import { prune, run, twoSetsForEachTest } from '../fixtures/pruned.ts';
import { type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';
import { stateOf } from '../fixtures/set.ts';

type HeldCommand =
  | 'restore --create'
  | 'restore --table'
  | 'restore --overwrite'
  | 'drill'
  | 'verify';
const HELD: HeldCommand[] = [
  'restore --create',
  'restore --table',
  'restore --overwrite',
  'drill',
  'verify',
];

describe('the table of kills', () => {
  it('names tests that exist', async () => {
    for (const command of COMMANDS)
      for (const pair of Object.values(PAIRS[command]))
        if (typeof pair === 'object' && 'test' in pair)
          expect(await readDocument(pair.test)).toContain(pair.title);
  });
});

describe('a kill', () => {
  let scene: KillScene;
  let whole: unknown;

  beforeAll(async () => {
    scene = await setKillScene();
    whole = await scene.contentsOf('ward');
  });
  afterAll(() => scene.remove());

  /** Kills one command once. @returns the databases that it left. */
  const killOnce = async (command: HeldCommand, victim: Victim): Promise<string[]> => {
    await scene.prepare(command);
    const before = await scene.databases();
    await scene.hold();
    const running = scene.workspace.start(scene.argsOf(command));
    const family = await untilHeld(scene, { command, running });
    expect(await kill(scene, { running, victim, family })).toBe(true);
    // What the command started dies with it, before it could go on.
    if (victim === 'the command') await expectGone(family);
    await scene.release();
    const finished = await running.finished;
    if (victim === 'the server') await scene.server.start();
    expectWord(finished, victim);
    await expectNothingRuns(scene, family);
    if (command === 'restore --table') await expectNoHalfTable(scene, finished);
    if (command === 'restore --table') return [];
    const unfinished = await expectNoHalfDatabase(scene, { whole });
    const left = unfinished.filter((name) => !before.includes(name));
    if (finished.signal === null)
      for (const name of left) expect(finished.error().message).toContain(name);
    expect(await stateOf(scene.workspace, scene.id)).not.toBe('SUSPECT');
    return left;
  };

  it.each(HELD)('in %s leaves nothing half, and the next run works', async (command) => {
    const left = new Set<string>();
    for (const victim of victimsOf(command))
      for (const name of await killOnce(command, victim)) left.add(name);
    await scene.prepare(command);
    const finished = await scene.workspace.run(scene.argsOf(command));
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    for (const name of left) expect(finished.stderr + finished.stdout).toContain(name);
  });

  it('in copy leaves no set that is not whole, and the next run completes it', async () => {
    const { workspace } = scene;
    const second = join(workspace.folder, 'second');
    await scene.prepare('copy');
    const finished = await killWhen(() => workspace.start(scene.argsOf('copy')), {
      isTime: () => existsSync(second),
      again: () => scene.prepare('copy'),
    });
    expectWord(finished, 'the command');
    await expectNothingRuns(scene, []);
    expect(await workspace.run(scene.argsOf('copy'))).toMatchObject({ status: 0 });
    const verify = ['verify', scene.id, '--repository', 'second', '--json'];
    expect(await workspace.run(verify)).toMatchObject({ status: 0 });
  });
});

describe('a kill in prune', () => {
  const scene = twoSetsForEachTest();

  it('leaves what stays whole, and the next run finishes', async () => {
    const { workspace, older, younger } = scene;
    const mine = join(workspace.backups, 'default/clinic', older);
    const names = readdirSync(mine).length;
    const finished = await killWhen(() => workspace.start(['prune', '--apply', '--json']), {
      isTime: () => readdirSync(mine).length !== names,
    });
    expect(finished.signal).toBe('SIGKILL');
    const report = await prune(workspace, { isApplied: true });
    expect(report.disposed).toEqual([older]);
    // The mark that was being written may stay in .unfinished for an hour: see dead-runs.test.ts.
    const left = (await workspace.objects()).filter((path) => path.includes(`/${older}/`));
    const objects = left.filter((path) => !path.startsWith('.unfinished/'));
    expect(objects).toEqual([]);
    await run(workspace, ['verify', younger]);
  });
});

describe('a kill of pg_dump', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await setScene({ holdAfterBytes: 1_000_000 });
  });
  afterAll(() => scene.remove());

  it('fails the backup, which leaves nothing, and the next run works', async () => {
    const { running, family } = await startHeldBackup(scene);
    const dump = family.find(({ command }) => /pg_dump .*--section=data/.test(command));
    process.kill(dump?.pid ?? 0, 'SIGKILL');
    const finished = await running.finished;
    await expectCleanFailure(finished, { ...scene, family, code: 'DUMP_FAILED', status: 75 });
    scene.proxy.thaw();
    expect(await scene.workspace.run(['backup', '--json'])).toMatchObject({ status: 0 });
  });
});
