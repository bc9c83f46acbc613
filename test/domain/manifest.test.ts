import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  isWhole,
  parseManifest,
  plaintextBytes,
  previousOf,
  rowsOf,
  storedBytes,
  totalRows,
  volumesOf,
} from '../../engine/domain/manifest.ts';
import { baseManifest, logicalManifest, storedObject } from '../fixtures/manifests.ts';

const parse = (manifest: object) =>
  parseManifest(JSON.stringify({ seal: 'AAAA', ...manifest }), { key: 'p/d/i/manifest.json' });

describe('a manifest', () => {
  it('adds up its rows and bytes', () => {
    const manifest = logicalManifest();
    expect([totalRows(manifest), storedBytes(manifest), plaintextBytes(manifest)]).toEqual([
      57, 800, 2_000,
    ]);
  });

  it('gives the volumes of a stream in their order', () => {
    const volumes = [3, 1, 2].map((volume) =>
      storedObject({ key: `data.${volume}`, volume, of: 3 }),
    );
    expect(
      volumesOf(logicalManifest({ objects: volumes }), 'data').map(({ volume }) => volume),
    ).toEqual([1, 2, 3]);
  });

  it('is whole only with all rows and definitions', () => {
    expect(isWhole(logicalManifest())).toBe(true);
    expect(
      isWhole(
        logicalManifest({ selection: { contents: 'schema', tables: null, excludedTables: [] } }),
      ),
    ).toBe(false);
    expect(
      isWhole(
        logicalManifest({
          selection: {
            contents: 'all',
            tables: [{ schema: 'public', name: 'users' }],
            excludedTables: [],
          },
        }),
      ),
    ).toBe(false);
    expect(
      isWhole(
        logicalManifest({
          selection: {
            contents: 'all',
            tables: null,
            excludedTables: [{ schema: 'public', name: 'log' }],
          },
        }),
      ),
    ).toBe(false);
  });

  it('keeps what it does not know, because the seal covers it', () => {
    expect(parse({ ...logicalManifest(), later: { more: true } })).toMatchObject({
      later: { more: true },
    });
  });

  it('has room for parallel parts without a second format', () => {
    const part = storedObject({
      key: 'part-0001.copy.zst.esdk',
      role: 'part',
      table: { schema: 'public', name: 'vitals' },
      range: { from: '(0,0)', to: null },
      rows: 9,
      columns: ['id'],
    });
    expect(parse(logicalManifest({ objects: [part] })).objects[0]).toMatchObject({
      role: 'part',
      rows: 9,
    });
  });

  it('of a copy of a server has what a recovery needs, and nothing of one database', () => {
    const parsed = parse(baseManifest());
    expect(parsed).toMatchObject({ kind: 'base', physical: { startLsn: '0/2000028' } });
    expect([isWhole(parsed), rowsOf(parsed), previousOf(parsed)]).toEqual([true, null, null]);
    expect(() => parse({ ...baseManifest(), physical: undefined })).toThrow(/physical/);
  });

  it('of an unknown shape is refused with the field that is wrong', () => {
    expect(() => parse({ ...logicalManifest(), schemaVersion: 2 })).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_INVALID',
        message: expect.stringContaining('schemaVersion'),
      }),
    );
    expect(() => parseManifest('{"half":', { key: 'x' })).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    );
  });

  it('that version 0.1.0 wrote is still understood', () => {
    const text = readFileSync(join(import.meta.dirname, '../golden/manifest-0.1.0.json'), 'utf8');
    expect(parseManifest(text, { key: 'golden' })).toMatchObject({
      kind: 'logical',
      holdfastVersion: '0.1.0',
    });
  });
});
