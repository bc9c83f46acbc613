import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePrivately } from '../../engine/adapters/key-file.ts';

describe('a new key file', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-key-'));
    await writeFile(join(folder, 'key'), 'old');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('replaces none, and says so', async () => {
    await expect(writePrivately(join(folder, 'key'), 'new')).rejects.toMatchObject({
      code: 'KEY_INVALID',
      hint: expect.stringContaining('never overwritten'),
    });
  });

  it('names the folder that can not be written, and speaks of no old file', async () => {
    const place = join(folder, 'key', 'signing.pem');
    await expect(writePrivately(place, 'new')).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: `${place} can not be written`,
      hint: `Check that this user may write in ${join(folder, 'key')} and that its disk has room, or give another path.`,
    });
  });
});
