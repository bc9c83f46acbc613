import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderRepository } from '../../engine/adapters/folder-repository.ts';
import { databasePrefix, objectKey, type SetAddress } from '../../engine/domain/key.ts';
import { recordDeadRuns, removeForsaken } from '../../engine/operations/dead-runs.ts';
import { contextOn, keysBelow, plantSet } from '../fixtures/retention-world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DEAD: SetAddress = { plan: 'nightly', database: 'clinic', id: '20200102T000000Z-dead' };
const MARK = 'released-20260101T000000Z.json';

describe('what dead processes left open in a folder', () => {
  let folder: string;
  let repository: FolderRepository;
  let whole: SetAddress;
  let notes: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-dead-runs-'));
    repository = new FolderRepository(folder);
    whole = await plantSet(repository, { startedAt: new Date(Date.UTC(2020, 0, 1)) });
    notes = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const context = () => ({
    ...contextOn(repository),
    progress: ({ note }: { note?: string }) => void (note === undefined || notes.push(note)),
  });
  const leave = async (key: string, age: number) => {
    const path = join(folder, '.unfinished', `${key}~0123456789ab`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'half');
    const time = new Date(Date.now() - age);
    await utimes(path, time, time);
  };
  const left = () =>
    readdirSync(join(folder, '.unfinished'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name.replace(/~.*/, ''));
  const sweep = () => recordDeadRuns(context(), databasePrefix(whole));

  it.each([
    ['beside a whole set', () => whole],
    ['of a set that is gone', () => DEAD],
  ])('is removed where it is a mark %s, once it is an hour old', async (_which, address) => {
    await leave(objectKey(address(), MARK), HOUR_MS / 2);
    await sweep();
    expect(left()).toEqual([MARK]);
    await leave(objectKey(address(), MARK), 2 * HOUR_MS);
    await sweep();
    expect(left()).toEqual([]);
    expect(notes).toEqual([`removed ${objectKey(address(), MARK)}, which was left unfinished`]);
    expect(await keysBelow(repository, 'audit/')).toEqual([]);
  });

  it('is recorded where it is of a backup, at any age', async () => {
    await leave(objectKey(DEAD, 'data.zst'), 0);
    await sweep();
    expect(left()).toEqual([]);
    expect(notes).toEqual([`removed what run ${DEAD.id}, which died, had left unfinished`]);
    const [record] = await keysBelow(repository, 'audit/');
    expect(JSON.parse((await repository.get(record ?? '')).toString())).toMatchObject({
      operation: 'backup',
      backup: DEAD.id,
      error: { code: 'INTERRUPTED' },
    });
  });

  it.each([
    ['the next backup', sweep],
    [
      'the next copy of the set',
      () => removeForsaken(context(), { name: 'only', repository, address: whole }),
    ],
  ])('is removed where it is of a copy, after a week, by %s, and never recorded', async (_who, by) => {
    await leave(objectKey(whole, 'data.zst'), 6 * DAY_MS);
    await by();
    expect(left()).toEqual(['data.zst']);
    await leave(objectKey(whole, 'data.zst'), 8 * DAY_MS);
    await by();
    expect(left()).toEqual([]);
    expect(await keysBelow(repository, 'audit/')).toEqual([]);
  });

  it('is removed after a week, whatever it was', async () => {
    const others = [
      'clock',
      'audit/2026/01/01/x.json',
      'weekly/clinic/20200103T000000Z-dead/data.zst',
    ];
    for (const key of others) await leave(key, 6 * DAY_MS);
    await sweep();
    expect(left()).toHaveLength(3);
    for (const key of others) await leave(key, 8 * DAY_MS);
    await sweep();
    expect(left()).toEqual([]);
    const old = new Date(Date.now() - 8 * DAY_MS);
    await utimes(join(folder, '.unfinished/audit/2026/01/01'), old, old);
    await sweep();
    expect(readdirSync(join(folder, '.unfinished/audit/2026/01'))).toEqual([]);
    await repository.put('audit/2026/01/01/y.json', Buffer.from('{}'));
  });
});
