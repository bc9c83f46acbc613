import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderRepository } from '../../engine/adapters/folder-repository.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { readEntries } from '../../engine/operations/catalog.ts';
import { check } from '../../engine/operations/check.ts';
import { findSet } from '../../engine/operations/find-set.ts';
import { prune } from '../../engine/operations/prune.ts';
import type { PruneReport } from '../../engine/operations/prune-report.ts';
import { APPLY, contextOn, plantSet } from '../fixtures/retention-world.ts';

const DAY_MS = 86_400_000;
const EPOCH = Date.UTC(2026, 9, 1);
const CONFIG = parseConfig(
  {
    project: 'ward',
    databases: { clinic: { fromEnvironment: true } },
    repositories: { only: { folder: 'a' } },
    plans: { nightly: { schedule: '0 2 * * *' } },
  },
  { origin: 'the test' },
);
const NOBODY = 65_534;

interface HiddenScene {
  hide: () => Promise<void>;
  prefix: () => string;
  decided: string[];
  /** Holds no sets, so that only prune looks there, for old reports. */
  isLeftToPrune?: true;
}

/** The tests may run as root, from whom no folder can be closed. */
async function asNobody<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  expect(spawnSync('chown', ['-hR', String(NOBODY), folder]).status).toBe(0);
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe.skipIf(process.platform === 'win32')('a part of a repository that can not be read', () => {
  let folder: string;
  let repository: FolderRepository;
  let ids: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-hidden-'));
    repository = new FolderRepository(folder);
    ids = [];
    for (const day of [0, 1, 2, 3]) {
      const startedAt = new Date(EPOCH + day * DAY_MS);
      const marks = day === 3 ? (['checked', 'proven'] as const) : [];
      ids.push((await plantSet(repository, { startedAt, marks: [...marks] })).id);
    }
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const close = (path: string) => chmod(join(folder, path), 0o000);
  const readOnlyNames = (path: string) => chmod(join(folder, path), 0o400);
  const link = async (path: string) => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await symlink('/nowhere/at/all', join(folder, path));
  };
  const setPath = (index: number) => `nightly/clinic/${ids[index]}`;

  const look = () =>
    asNobody(folder, async () => {
      const { findings } = await check(
        {
          repositories: [{ name: 'only', repository }],
          clock: { now: () => new Date(EPOCH + 3.5 * DAY_MS) },
        },
        CONFIG,
      );
      const reports: PruneReport[] = [];
      await prune(contextOn(repository), { ...APPLY, onReport: (one) => reports.push(one) });
      const [report] = reports;
      if (report === undefined) throw new Error('there is no report');
      const decided = report.sets.map(
        ({ id, action, reasons }) =>
          `${ids.indexOf(id)} ${action} ${reasons.map(({ code }) => code).join(' ')}`,
      );
      return { findings, decided, notes: report.notes };
    });

  it.each<[string, HiddenScene]>([
    [
      'the folder of a set, which may freeze older ones',
      {
        hide: () => close(setPath(1)),
        prefix: () => `${setPath(1)}/`,
        decided: ['0 keep hidden', '2 release keep-passed succeeded', '3 keep too-few-proven'],
      },
    ],
    [
      'a set whose names alone can be listed',
      {
        hide: () => readOnlyNames(setPath(0)),
        prefix: () => `${setPath(0)}/`,
        decided: [
          '1 release keep-passed succeeded',
          '2 release keep-passed succeeded',
          '3 keep too-few-proven',
        ],
      },
    ],
    [
      'a link in the place of a set, to a disk that is away',
      {
        hide: async () => {
          await rm(join(folder, setPath(2)), { recursive: true });
          await link(setPath(2));
        },
        prefix: () => `${setPath(2)}/`,
        decided: ['0 keep hidden', '1 keep hidden', '3 keep too-few-proven'],
      },
    ],
    [
      'a link in the place of another plan, which may have sets of every database',
      {
        hide: () => link('weekly'),
        prefix: () => 'weekly/',
        decided: [
          '0 keep hidden',
          '1 keep hidden',
          '2 keep hidden',
          '3 keep hidden too-few-proven',
        ],
      },
    ],
    [
      'another database',
      {
        hide: () => link('nightly/farm'),
        prefix: () => 'nightly/farm/',
        decided: [
          '0 release keep-passed succeeded',
          '1 release keep-passed succeeded',
          '2 release keep-passed succeeded',
          '3 keep too-few-proven',
        ],
      },
    ],
    [
      'what holds no sets',
      {
        hide: () => link('drills/more'),
        prefix: () => 'drills/more/',
        isLeftToPrune: true,
        decided: [
          '0 release keep-passed succeeded',
          '1 release keep-passed succeeded',
          '2 release keep-passed succeeded',
          '3 keep too-few-proven',
        ],
      },
    ],
  ])('is named, kept, and keeps only what it may have to: %s', async (_what, scene) => {
    await scene.hide();
    const { findings, decided, notes } = await look();
    const hidden = findings.filter(({ verdict }) => verdict === 'hidden');
    if (scene.isLeftToPrune) expect(hidden).toEqual([]);
    else expect(hidden.map(({ detail }) => detail).join()).toContain(scene.prefix());
    expect(findings.map(({ verdict }) => verdict)).toContain('fresh');
    expect(notes.join()).toContain(`${scene.prefix()} can not be read (`);
    expect(decided).toEqual(scene.decided);
    const left = await readdir(join(folder, 'nightly/clinic'));
    const stays = (index: number) => !decided.some((one) => one.startsWith(`${index} release`));
    expect(left.toSorted()).toEqual(ids.filter((_id, index) => stays(index)));
  });

  it('keeps no other set from being found, and a note names it', async () => {
    await close(setPath(1));
    await link('weekly');
    const notes: (string | undefined)[] = [];
    const context = {
      ...contextOn(repository),
      progress: ({ note }: { note?: string }) => void notes.push(note),
    };
    const { entry } = await asNobody(folder, () => findSet(context, 'latest'));
    expect(entry.id).toBe(ids[3]);
    expect(notes.join()).toContain(`${setPath(1)}/ in ${folder} can not be read`);
    expect(notes.join()).toContain('weekly/ in');
  });

  it('ends whoever must not miss anything', async () => {
    await close(setPath(1));
    await expect(asNobody(folder, () => readEntries(repository))).rejects.toMatchObject({
      code: 'REPOSITORY_UNREACHABLE',
    });
  });

  it('is an unreachable repository where it is all of it', async () => {
    await chmod(folder, 0o000);
    const { findings } = await asNobody(folder, () =>
      check(
        { repositories: [{ name: 'only', repository }], clock: { now: () => new Date(EPOCH) } },
        CONFIG,
      ),
    );
    expect(findings.map(({ verdict }) => verdict)).toEqual(['unreachable']);
  });
});
