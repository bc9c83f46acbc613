import { describe, expect, it } from 'vitest';
import { assertSealed, sealManifest } from '../../engine/stream/seal.ts';
import { logicalManifest } from '../fixtures/manifests.ts';
import { fixedKeyring } from './fixed-keyring.ts';

describe('the seal of a manifest', () => {
  it('holds for the manifest as it was written, also after JSON and in another order of members', async () => {
    const sealed = await sealManifest(logicalManifest(), fixedKeyring());
    const reordered = Object.fromEntries(
      Object.entries(JSON.parse(JSON.stringify(sealed))).reverse(),
    ) as typeof sealed;
    await expect(assertSealed(reordered, fixedKeyring())).resolves.toBeUndefined();
  });

  it('breaks with any change', async () => {
    const sealed = await sealManifest(logicalManifest(), fixedKeyring());
    const changes = [
      { keepUntil: '2020-01-01T00:00:00.000Z' },
      { label: 'x' },
      { tables: [] },
      { unknown: 1 },
      { seal: 'AAAA' },
    ];
    for (const change of changes)
      await expect(assertSealed({ ...sealed, ...change }, fixedKeyring())).rejects.toMatchObject({
        code: 'MANIFEST_ALTERED',
      });
  });

  it('of another set does not fit', async () => {
    const sealed = await sealManifest(logicalManifest(), fixedKeyring());
    await expect(
      assertSealed({ ...sealed, id: '20261122T020000Z-ffff' }, fixedKeyring()),
    ).rejects.toMatchObject({
      code: 'MANIFEST_ALTERED',
    });
  });

  it('can not be made or opened with another key', async () => {
    const forged = await sealManifest(logicalManifest(), fixedKeyring(8));
    await expect(assertSealed(forged, fixedKeyring())).rejects.toMatchObject({
      code: 'KEY_MISMATCH',
    });
  });
});
