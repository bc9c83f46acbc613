import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { familyOf } from '../fixtures/family.ts';

describe('a throw-away server that runs and lets nobody in', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-throw-away-'));
    await chmod(folder, 0o755);
    vi.stubEnv('TMPDIR', folder);
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  it('is given up at once, with its process and its directory', async () => {
    const rules = join(folder, 'pg_hba.conf');
    await writeFile(rules, 'local all all reject\n');
    const starting = ThrowAwayServer.start({
      tools: inject('postgres').tools,
      signal: new AbortController().signal,
      settings: [`hba_file=${rules}`],
    });
    await expect(starting).rejects.toMatchObject({
      code: 'SCRATCH_FAILED',
      message: expect.stringContaining('28000'),
    });
    const servers = (await familyOf(process.pid)).filter(({ command }) =>
      command.includes('postgres'),
    );
    expect(servers).toEqual([]);
    expect(await readdir(folder)).toEqual(['pg_hba.conf']);
  });
});
