import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderRepository } from '../../engine/adapters/folder-repository.ts';
import { examineScheduleRoom } from '../../engine/operations/doctor/schedule-room.ts';
import { storeSet } from '../fixtures/stored-sets.ts';

const NOW = new Date('2026-11-22T12:00:00Z');

describe('doctor, of the time between two runs of a plan', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-room-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const examine = async (schedule: string | undefined, totalSeconds?: number) => {
    const repository = new FolderRepository(folder);
    const startedAt = new Date('2026-11-22T02:00:00Z');
    if (totalSeconds !== undefined) await storeSet(repository, { startedAt, totalSeconds });
    return examineScheduleRoom('database clinic', {
      ...{ database: 'clinic', repository, now: NOW },
      plans: [['nightly', { schedule, timezone: 'UTC' }]],
    });
  };

  it('warns where the last run took longer than the shortest gap of the schedule', async () => {
    const [found] = await examine('0 2,5 * * *', 4 * 3600);
    expect(found).toMatchObject({ name: 'schedule of nightly', status: 'warning' });
    expect(found?.detail).toMatch(/^the last run took 4 h, and the next one may be due after 3 h/);
    expect(found?.fix).toEqual([expect.stringContaining('plans.nightly.schedule')]);
  });

  it('is content where the run ends before', async () => {
    expect(await examine('0 2,5 * * *', 2 * 3600)).toMatchObject([{ status: 'ok', fix: [] }]);
  });

  it('says nothing without a schedule or a set', async () => {
    expect(await examine(undefined, 9)).toEqual([]);
    await rm(folder, { recursive: true, force: true });
    expect(await examine('0 2 * * *')).toEqual([]);
  });
});
