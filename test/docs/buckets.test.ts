import { describe, expect, it } from 'vitest';
import { S3_ACTIONS } from '../../engine/adapters/s3-actions.ts';
import { ERROR_CODES } from '../../engine/errors.ts';
import { readDocument, sectionOf, tableRows } from '../fixtures/document.ts';

/** Named so that they can be denied. */
const NEVER = ['s3:DeleteObjectVersion', 's3:BypassGovernanceRetention'];

describe('docs/CONFIG.md on buckets', () => {
  it('names every action that is asked for, and no other', async () => {
    const named = sectionOf(await readDocument('docs/CONFIG.md'), '### What it may do').match(
      /s3:[A-Za-z]+/g,
    );
    expect([...new Set(named)].sort()).toEqual([...S3_ACTIONS, ...NEVER].sort());
  });

  it('names codes that there are', async () => {
    const rows = tableRows(sectionOf(await readDocument('docs/CONFIG.md'), '### What it may do'));
    const codes = rows
      .map(([, second = '']) => /^([A-Z_]{4,})$/.exec(second)?.[1])
      .filter((code) => code !== undefined);
    expect(codes.length).toBeGreaterThan(6);
    for (const code of codes) expect(Object.keys(ERROR_CODES)).toContain(code);
  });
});
