import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { auditRecords, expectGone } from '../fixtures/aftermath.ts';
import { type FamilyMember, familyOf } from '../fixtures/family.ts';
import type { Running } from '../fixtures/holdfast.ts';
import { type Scene, type SceneOptions, setScene } from '../fixtures/scene.ts';
import { listSets } from '../fixtures/set.ts';

/** Takes ten minutes where a drill restores it, and no time in the source. */
const SLOW_INDEX = `
  CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
    BEGIN IF pg_catalog.current_setting('application_name') ~ '^holdfast' THEN PERFORM pg_catalog.pg_sleep(600); END IF; RETURN $1; END $$;
  CREATE TABLE slow (n int); INSERT INTO slow VALUES (1); CREATE INDEX ON slow (slow(n))`;
const SLOW_ASSERTION = {
  assertions: [{ name: 'it takes its time', sql: 'SELECT pg_sleep(600) IS NOT NULL' }],
};

/** What the drill does when it is hit, and what the server shows then as the title of a process. */
const MOMENTS = [
  ['restores', { sql: SLOW_INDEX }, /CREATE INDEX/],
  [
    'judges',
    { plans: { nightly: {} }, drill: SLOW_ASSERTION },
    / (?!postgres)\S+ \[local\] SELECT/,
  ],
] as const;

describe('a drill that a signal ends', () => {
  let scene: Scene;
  let temporary: string;

  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'hf-drill-'));
    await chmod(temporary, 0o711);
  });

  afterEach(async () => {
    await scene.remove();
    await rm(temporary, { recursive: true, force: true });
  });

  /** A drill that is where its process title says. */
  const startSlowDrill = async (
    options: SceneOptions,
    title: RegExp,
  ): Promise<{ running: Running; family: FamilyMember[] }> => {
    scene = await setScene({ ...options, env: { TMPDIR: temporary } });
    expect(await scene.workspace.run(['backup', '--json'])).toMatchObject({ status: 0 });
    const running = scene.start(['drill', '--json']);
    const family = await vi.waitFor(
      async () => {
        const members = await familyOf(running.child.pid);
        expect(members.map(({ command }) => command).join()).toMatch(title);
        return members;
      },
      { timeout: 60_000, interval: 100 },
    );
    expect(await readdir(temporary)).not.toEqual([]);
    return { running, family };
  };

  const stateOfTheSet = async () => (await listSets(scene.workspace))[0]?.state;

  it.each(
    MOMENTS,
  )('leaves no server and no directory after SIGINT while it %s', async (_what, options, title) => {
    const { running, family } = await startSlowDrill(options, title);
    running.child.kill('SIGINT');
    const finished = await running.finished;
    expect(finished).toMatchObject({ status: 75, stdout: '' });
    expect(finished.error()).toMatchObject({ code: 'INTERRUPTED' });
    await expectGone(family);
    expect(await readdir(temporary)).toEqual([]);
    expect((await auditRecords(scene.workspace)).at(-1)).toMatchObject({
      operation: 'drill',
      status: 'stopped',
      error: { code: 'INTERRUPTED' },
    });
    expect(await stateOfTheSet()).toBe('STORED');
  });

  it.each(
    MOMENTS,
  )('leaves no server and no directory after SIGKILL while it %s', async (_what, options, title) => {
    const { running, family } = await startSlowDrill(options, title);
    running.child.kill('SIGKILL');
    await expectGone(family);
    await vi.waitFor(async () => expect(await readdir(temporary)).toEqual([]), {
      timeout: 10_000,
      interval: 50,
    });
    expect(await stateOfTheSet()).toBe('STORED');
  });
});
