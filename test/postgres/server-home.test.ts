import { afterEach, describe, expect, it, vi } from 'vitest';
import { ServerHome } from '../../engine/postgres/server-home.ts';

describe('the home of a server of our own', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('names TMPDIR when that is not there', async () => {
    vi.stubEnv('TMPDIR', '/nonexistent/scratch');
    await expect(ServerHome.make({})).rejects.toMatchObject({
      code: 'SCRATCH_FAILED',
      message: 'no temporary directory can be made in /nonexistent/scratch: ENOENT',
      hint: expect.stringContaining('Set TMPDIR'),
    });
  });
});
