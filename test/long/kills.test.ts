import { readdirSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectGone } from '../fixtures/aftermath.ts';
import { databaseNamed, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { familyOf } from '../fixtures/family.ts';
import type { Running } from '../fixtures/holdfast.ts';
import {
  expectNoHalfDatabase,
  expectNoHalfTable,
  expectNothingRuns,
  expectWord,
  isWholeTable,
  kill,
} from '../fixtures/kill.ts';
import { COMMANDS, type Command, PAIRS, VICTIMS, type Victim } from '../fixtures/kill-pairs.ts';
import { RestoreProofs } from '../fixtures/kill-proof.ts';
import { type KillScene, setKillScene } from '../fixtures/kill-scene.ts';
import { prune, run, shortKeepWorkspace, twoSetsForEachTest } from '../fixtures/pruned.ts';
import { listSets } from '../fixtures/set.ts';

const KILLS = 20;
/** Where a command was over before its victim began, or before the moment that was drawn. */
const ATTEMPTS = 100;
const SEED = Number(process.env.HOLDFAST_TEST_SEED ?? 20_261_130);
/** Prune needs sets of its own for each run. */
type Killed = Exclude<Command, 'prune'>;
const EXISTING = COMMANDS.filter((command) => command !== 'prune').flatMap((command) =>
  VICTIMS.filter((victim) => {
    const pair = PAIRS[command][victim];
    return pair === 'here' || 'test' in pair;
  }).map((victim) => [victim, command] as const),
);

describe('kills at seeded moments', () => {
  let scene: KillScene;
  let whole: unknown;
  let proofs: RestoreProofs;
  const seconds = new Map<Command, number>();
  const next = random(SEED);

  beforeAll(async () => {
    scene = await setKillScene();
    whole = await scene.contentsOf('ward');
    proofs = new RestoreProofs(scene, { whole });
  });
  afterAll(() => scene.remove());

  const argsOf = (command: Killed) =>
    command === 'backup' ? ['backup', '--json'] : scene.argsOf(command);

  const prepare = async (command: Killed) => {
    await scene.prepare(command);
    if (command === 'copy') proofs.forget('second');
  };

  const runWhole = async (command: Killed) => {
    await prepare(command);
    const beganAt = performance.now();
    const finished = await scene.workspace.run(argsOf(command));
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    seconds.set(command, (performance.now() - beganAt) / 1000);
  };

  /** Otherwise each comparison would take longer than the one before. */
  const dropOthers = async () => {
    for (const name of await scene.databases())
      if (name !== 'ward') await databaseNamed(name, { host: scene.server.host }).drop();
  };

  const killAt = async (
    command: Killed,
    { victim, delay }: { victim: Victim; delay: number },
  ): Promise<boolean> => {
    await prepare(command);
    const running = scene.workspace.start(argsOf(command));
    await sleep(delay * 1000);
    const { family, isHit } = await killWhenThere(running, victim);
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
    await dropOthers();
    if (command === 'backup' || command === 'copy') await proofs.proveListed();
    return isHit;
  };

  /** A program or a session may begin later than the moment that was drawn. */
  const killWhenThere = async (running: Running, victim: Victim) => {
    for (;;) {
      const family = await familyOf(running.child.pid);
      const isOver = running.child.exitCode !== null || running.child.signalCode !== null;
      if (isOver) return { family, isHit: false };
      if (await kill(scene, { running, victim, family })) return { family, isHit: true };
    }
  };

  it.each(EXISTING)('of %s in %s', async (victim, command) => {
    const before = proofs.restores;
    if (!seconds.has(command)) await runWhole(command);
    let hits = 0;
    for (let count = 0; count < ATTEMPTS && hits < KILLS; count += 1) {
      const delay = next() * (seconds.get(command) ?? 0);
      if (await killAt(command, { victim, delay })) hits += 1;
    }
    await runWhole(command);
    await dropOthers();
    await proofs.proveListed();
    await proofs.prove(scene.id, 'local');
    expect(hits).toBe(KILLS);
    console.log(`${victim} in ${command}: ${hits} hits, ${proofs.restores - before} restores`);
  });
});

describe('kills at seeded moments of the command in prune', () => {
  const scene = twoSetsForEachTest();
  const next = random(SEED);

  it('leave only sets that restore, and the next run and the next backup finish', async () => {
    const { database, older, younger } = scene;
    const { rows } = await contents(database);
    const proof = databaseNamed(`${database.name}_proof`);
    let seconds = 0;
    let [hits, restores] = [0, 0];
    for (let count = 0; count < ATTEMPTS && hits < KILLS; count += 1) {
      const workspace = await shortKeepWorkspace(database, { like: scene.workspace });
      const beganAt = performance.now();
      const running = workspace.start(['prune', '--apply', '--json']);
      // The first one is not killed, and says how long the others may take.
      if (count > 0) await sleep(next() * seconds * 1000);
      const family = await familyOf(running.child.pid);
      if (count > 0 && running.child.exitCode === null && running.child.kill('SIGKILL')) hits += 1;
      await running.finished;
      if (count === 0) seconds = (performance.now() - beganAt) / 1000;
      await expectGone(family);
      for (const { id } of await listSets(workspace)) {
        const to = ['--to', urlOf(proof.host, proof.name), '--create'];
        await run(workspace, ['restore', id, ...to]);
        expect(await contents(proof), id).toEqual({ rows });
        await proof.drop();
        restores += 1;
      }
      await prune(workspace, { isApplied: true });
      const sets = (await workspace.objects()).filter((path) => !path.startsWith('.unfinished/'));
      expect(sets.filter((path) => path.includes(`/${older}/`))).toEqual([]);
      expect((await listSets(workspace)).map(({ id }) => id)).toEqual([younger]);
      await age(join(workspace.backups, '.unfinished'));
      await run(workspace, ['backup']);
      expect((await workspace.objects()).filter((path) => path.startsWith('.unfinished/'))).toEqual(
        [],
      );
      await workspace.remove();
    }
    expect(hits).toBe(KILLS);
    console.log(`the command in prune: ${hits} hits, ${restores} restores`);
  });
});

async function contents(database: Pick<TestDatabase, 'query'>): Promise<{ rows: unknown }> {
  return { rows: await database.query('SELECT * FROM t ORDER BY 1') };
}

/** As if the files had been written eight days ago. */
async function age(folder: string): Promise<void> {
  const daysAgo = new Date(Date.now() - 8 * 86_400_000);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), daysAgo, daysAgo);
}

/** A linear congruential generator: the same moments for the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
