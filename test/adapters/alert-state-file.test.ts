import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AlertStateFile } from '../../engine/adapters/alert-state-file.ts';
import type { Told } from '../../engine/domain/alerts.ts';
import { isHoldfastError } from '../../engine/errors.ts';

const TOLD: Told = {
  severity: 'critical',
  title: 'late',
  since: '2026-11-22T04:00:00.000Z',
  toldAt: '2026-11-22T05:00:00.000Z',
};

describe('the file of what was told', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-state-'));
    path = join(folder, 'state/ward-alerts.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('remembers each channel for itself, in a file that only its owner reads, and leaves nothing else', async () => {
    await new AlertStateFile(path).remember('email', { one: TOLD, two: TOLD });
    await new AlertStateFile(path).remember('webhook', { one: TOLD });
    await new AlertStateFile(path).remember('email', { one: null, three: TOLD });
    expect(await new AlertStateFile(path).recall('email')).toEqual({ two: TOLD, three: TOLD });
    expect(await new AlertStateFile(path).recall('webhook')).toEqual({ one: TOLD });
    expect(await new AlertStateFile(path).recall('command')).toEqual({});
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'state'))).toEqual(['ward-alerts.json']);
  });

  it('removes what a killed process was writing, once that is an hour old', async () => {
    const state = new AlertStateFile(path);
    await state.remember('email', { one: TOLD });
    const [young, old] = [`${path}.0123456789ab`, `${path}.ba9876543210`];
    for (const file of [young, old]) await writeFile(file, 'half');
    const hoursAgo = new Date(Date.now() - 7_200_000);
    await utimes(old, hoursAgo, hoursAgo);
    await state.remember('email', { two: TOLD });
    expect((await readdir(join(folder, 'state'))).sort()).toEqual([
      'ward-alerts.json',
      'ward-alerts.json.0123456789ab',
    ]);
  });

  it('loses nothing when many runs write it at once', async () => {
    const keys = Array.from({ length: 10 }, (_, index) => `key ${index}`);
    await Promise.all(
      keys.map((key) => new AlertStateFile(path).remember('email', { [key]: TOLD })),
    );
    expect(Object.keys(await new AlertStateFile(path).recall('email')).sort()).toEqual(keys.sort());
  });

  it.each([
    ['cut off', '{"schemaVersion":1,"chan'],
    ['of another version', '{"schemaVersion":2,"channels":{}}'],
    ['of another shape', '{"schemaVersion":1,"channels":{"email":{"one":{"severity":"dire"}}}}'],
    ['empty', ''],
  ])('that is %s counts as nothing told, and is written anew', async (_how, text) => {
    await new AlertStateFile(path).remember('email', {});
    await writeFile(path, text);
    expect(await new AlertStateFile(path).recall('email')).toEqual({});
    await new AlertStateFile(path).remember('email', { one: TOLD });
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      schemaVersion: 1,
      channels: { email: { one: TOLD } },
    });
  });

  it('takes the lock of a dead run away, and does not wait for ever for a live one', async () => {
    const lock = `${path}.lock`;
    await new AlertStateFile(path).remember('email', {});
    await writeFile(lock, '');
    await new AlertStateFile(path).remember('email', { one: TOLD });
    expect(await new AlertStateFile(path).recall('email')).toEqual({ one: TOLD });
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    await new AlertStateFile(path).remember('email', { two: TOLD });
    expect(await readdir(join(folder, 'state'))).toEqual(['ward-alerts.json']);
  });

  it('says where it can not be written', async () => {
    const inTheWay = join(folder, 'file');
    await writeFile(inTheWay, '');
    const error: unknown = await new AlertStateFile(join(inTheWay, 'state.json'))
      .remember('email', { one: TOLD })
      .catch((reason: unknown) => reason);
    expect(isHoldfastError(error, 'ALERT_FAILED')).toBe(true);
    expect(String(error)).toContain(inTheWay);
  });
});
