import { describe, expect, it } from 'vitest';
import { VOLUME_BYTES } from '../../engine/contract.ts';
import { MAX_PARTS, partBytes } from '../../engine/domain/part-plan.ts';

const MIB = 1024 * 1024;
const parts = Array.from({ length: MAX_PARTS }, (_, index) => partBytes(index + 1));

describe('the part plan', () => {
  it('holds a whole volume with the overhead of its frames in the parts that S3 allows', () => {
    const frameOverhead = (VOLUME_BYTES / MIB) * 64;
    expect(parts.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(
      VOLUME_BYTES + frameOverhead,
    );
  });

  it('stays between 8 and 32 MiB and never shrinks', () => {
    parts.forEach((bytes, index) => {
      expect(bytes).toBeGreaterThanOrEqual(8 * MIB);
      expect(bytes).toBeLessThanOrEqual(32 * MIB);
      expect(bytes).toBeGreaterThanOrEqual(parts[index - 1] ?? 0);
    });
  });
});
