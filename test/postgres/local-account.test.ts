import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isHoldfastError } from '../../engine/errors.ts';
import { homeDirectory } from '../../engine/postgres/connection/local-account.ts';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';

const os = vi.hoisted(() => ({ isNamed: true }));

vi.mock(import('node:os'), async (original) => {
  const real = await original();
  const userInfo = ((options?: never) => {
    if (os.isNamed) return real.userInfo(options);
    throw Object.assign(new Error('uv_os_get_passwd returned ENOENT'), {
      code: 'ERR_SYSTEM_ERROR',
    });
  }) as typeof real.userInfo;
  return { ...real, userInfo };
});

describe('the account of this process', () => {
  afterEach(() => {
    os.isNamed = true;
    vi.unstubAllEnvs();
  });

  it('asks for a role only where nothing names one', async () => {
    os.isNamed = false;
    const layers = [{ PGSSLMODE: 'disable' }];
    const named = await resolveConnection({ url: 'host=db user=ann' }, { layers });
    expect(named).toMatchObject({ user: 'ann', database: 'ann' });
    const refusal: unknown = await resolveConnection({ url: 'host=db' }, { layers }).catch(
      (error: unknown) => error,
    );
    expect(isHoldfastError(refusal, 'CONFIG_INVALID') && refusal.message).toContain(
      'nothing names a role',
    );
  });

  it('has its home where the list of users says, where HOME is empty', () => {
    const own = homedir();
    vi.stubEnv('HOME', '/elsewhere');
    expect(homeDirectory()).toBe('/elsewhere');
    vi.stubEnv('HOME', '');
    expect(homeDirectory()).toMatch(/^\//);
    os.isNamed = false;
    expect(homeDirectory()).toBe('/nonexistent');
    expect(own).not.toBe('');
  });

  it.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')(
    'runs where the user has no name, and asks for a role only where one is needed',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'hf-nobody-'));
      const program = join(import.meta.dirname, '../../bin/holdfast.ts');
      const run = (...args: string[]) =>
        spawnSync(process.execPath, [program, ...args], {
          ...{ uid: 54_321, gid: 54_321, cwd: '/', encoding: 'utf8' },
          env: { PATH: process.env.PATH, BACKUP_DIR: folder },
        });
      try {
        expect(run('--help')).toMatchObject({ status: 0 });
        expect(run('drill', '--help').stdout).toContain('uid 54321');
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
