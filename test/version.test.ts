import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HOLDFAST_VERSION } from '../engine/contract.ts';

it('the version in manifests is the version of the package', () => {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'),
  ) as { version: string };
  expect(HOLDFAST_VERSION).toBe(version);
});
