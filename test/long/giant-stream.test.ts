import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('400 GiB go through volumes and parts in bounded memory', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../bench/giant-stream.ts'), '400'],
    {
      encoding: 'utf8',
    },
  );
  expect(status, stdout).toBe(0);
  expect(Number(/peak memory (\d+) MB/.exec(stdout)?.[1])).toBeLessThan(250);
});
