import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { familyOf } from '../fixtures/family.ts';
import {
  expectNoHalfDatabase,
  expectNoHalfTable,
  expectNothingRuns,
  expectWord,
  isWholeTable,
  kill,
} from '../fixtures/kill.ts';
import { COMMANDS, type Command, PAIRS, VICTIMS, type Victim } from '../fixtures/kill-pairs.ts';
import { type KillScene, setKillScene } from '../fixtures/kill-scene.ts';
import { listSets } from '../fixtures/set.ts';

const KILLS = 20;
const SEED = Number(process.env.HOLDFAST_TEST_SEED ?? 20_261_130);
/** Prune needs sets of its own for each run: test/operations/prune-dies.test.ts has every moment. */
const RUNNING: Exclude<Command, 'prune'>[] = COMMANDS.filter((command) => command !== 'prune');
const EXISTING = RUNNING.flatMap((command) =>
  VICTIMS.filter((victim) => {
    const pair = PAIRS[command][victim];
    return pair === 'here' || 'test' in pair;
  }).map((victim) => [victim, command] as const),
);

describe('kills at seeded moments', () => {
  let scene: KillScene;
  let whole: unknown;
  const seconds = new Map<Command, number>();
  const next = random(SEED);

  beforeAll(async () => {
    scene = await setKillScene();
    whole = await scene.contentsOf('ward');
  });
  afterAll(() => scene.remove());

  const argsOf = (command: Exclude<Command, 'prune'>) =>
    command === 'backup' ? ['backup', '--json'] : scene.argsOf(command);

  const runWhole = async (command: Exclude<Command, 'prune'>) => {
    await scene.prepare(command);
    const beganAt = performance.now();
    const finished = await scene.workspace.run(argsOf(command));
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    seconds.set(command, (performance.now() - beganAt) / 1000);
  };

  const killAt = async (
    command: Exclude<Command, 'prune'>,
    { victim, delay }: { victim: Victim; delay: number },
  ) => {
    await scene.prepare(command);
    const running = scene.workspace.start(argsOf(command));
    await sleep(delay * 1000);
    const family = await familyOf(running.child.pid);
    const isHit =
      running.child.exitCode === null && (await kill(scene, { running, victim, family }));
    const finished = await running.finished;
    if (isHit && victim === 'the server') await scene.server.start();
    // What dies may have had nothing left to do.
    if (isHit && finished.status !== 0) expectWord(finished, victim);
    await expectNothingRuns(scene, family);
    if (command !== 'restore --table') await expectNoHalfDatabase(scene, { whole });
    else if (!(await isWholeTable(scene, whole))) {
      expect(finished.status).not.toBe(0);
      await expectNoHalfTable(scene, finished);
    }
  };

  it.each(EXISTING)('of %s in %s', async (victim, command) => {
    if (!seconds.has(command)) await runWhole(command);
    for (let count = 0; count < KILLS; count += 1)
      await killAt(command, { victim, delay: next() * (seconds.get(command) ?? 0) });
    await runWhole(command);
    for (const { id, state } of await listSets(scene.workspace)) {
      expect(state, id).not.toBe('SUSPECT');
      expect(await scene.workspace.run(['verify', id, '--json'])).toMatchObject({ status: 0 });
    }
  });
});

/** A linear congruential generator: the same moments for the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
