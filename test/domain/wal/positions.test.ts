import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingFrom, segmentsOf } from '../../../engine/domain/wal/continuity.ts';
import { formatLsn, parseLsn } from '../../../engine/domain/wal/lsn.ts';
import {
  endOf,
  historyName,
  isSegmentSize,
  parseSegmentName,
  segmentName,
  segmentNumberBefore,
  segmentNumberOf,
  startOf,
} from '../../../engine/domain/wal/segment.ts';
import {
  isOnLine,
  lineOfFirst,
  parseHistory,
  type TimelineLine,
  timelineAt,
} from '../../../engine/domain/wal/timeline.ts';

const MIB = 1024 ** 2;
const lsn = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const size = fc.integer({ min: 0, max: 10 }).map((power) => MIB * 2 ** power);
const timeline = fc.integer({ min: 1, max: 0xffff_ffff });

describe('a position in the log', () => {
  it('is the number that its text is', () => {
    fc.assert(
      fc.property(lsn, (one) => {
        expect(parseLsn(formatLsn(one))).toBe(one);
      }),
    );
  });

  it('is written as PostgreSQL writes it', () => {
    expect(formatLsn(0n)).toBe('0/0');
    expect(formatLsn(0x16_b374_d848n)).toBe('16/B374D848');
    expect(parseLsn('16/b374d848')).toBe(0x16_b374_d848n);
  });

  it.each([
    '',
    '1',
    '/',
    '1/',
    '/1',
    '1/2/3',
    '123456789/0',
    '0/123456789',
    'g/0',
    ' 0/0',
    '0/0\n',
  ])('is not %j', (text) => expect(parseLsn(text)).toBeUndefined());
});

describe('a segment', () => {
  it('has the name that pg_walfile_name gives', () => {
    const of = (text: string, bytes: number, line = 1) =>
      segmentName({ timeline: line, number: segmentNumberOf(parseLsn(text) ?? 0n, bytes) }, bytes);
    expect(of('0/1000000', 16 * MIB)).toBe('000000010000000000000001');
    expect(of('16/B374D848', 16 * MIB)).toBe('0000000100000016000000B3');
    expect(of('16/B374D848', MIB)).toBe('000000010000001600000B37');
    expect(of('16/B374D848', 1024 * MIB, 26)).toBe('0000001A0000001600000002');
  });

  it('is what its name says', () => {
    fc.assert(
      fc.property(timeline, lsn, size, (line, at, bytes) => {
        const segment = { timeline: line, number: segmentNumberOf(at, bytes) };
        expect(parseSegmentName(segmentName(segment, bytes), bytes)).toEqual(segment);
        expect(startOf(segment, bytes) <= at && at < endOf(segment, bytes)).toBe(true);
      }),
    );
  });

  it('that ends a range holds its last byte', () => {
    expect(segmentNumberBefore(BigInt(2 * MIB), MIB)).toBe(1n);
    expect(segmentNumberBefore(BigInt(2 * MIB) + 1n, MIB)).toBe(2n);
    expect(segmentNumberBefore(0n, MIB)).toBe(0n);
  });

  it.each([
    '00000001000000000000000',
    '0000000100000000000000011',
    '000000010000000000000001.partial',
    '000000000000000000000001',
    '00000001000000000000010A',
    '00000001000000000000000g',
    '00000002.history',
  ])('does not have the name %s', (name) => {
    expect(parseSegmentName(name, 16 * MIB)).toBeUndefined();
  });

  it('has a size that is a power of two from 1 MB to 1 GB', () => {
    const sizes = [MIB / 2, MIB, 3 * MIB, 16 * MIB, 1024 * MIB, 2048 * MIB, 0, -1, Number.NaN];
    expect(sizes.filter(isSegmentSize)).toEqual([MIB, 16 * MIB, 1024 * MIB]);
  });
});

const HISTORY = '1\t0/5000000\tno recovery target specified\n\n2\t0/9000028\tbefore 2026-01-01\n';

describe('the line of a timeline', () => {
  it('is read from its history file', () => {
    expect(parseHistory(HISTORY, 3)).toEqual([
      { timeline: 1, endsAt: 0x500_0000n },
      { timeline: 2, endsAt: 0x900_0028n },
      { timeline: 3, endsAt: undefined },
    ]);
    expect(parseHistory('# nothing\n', 4)).toEqual([{ timeline: 4, endsAt: undefined }]);
    expect(historyName(26)).toBe('0000001A.history');
  });

  it.each([
    ['of an earlier timeline', HISTORY, 2],
    ['whose timelines fall', '2\t0/1\n1\t0/2\n', 3],
    ['whose positions fall', '1\t0/2\n2\t0/1\n', 3],
    ['that is cut', '1\t0/', 3],
    ['of something else', '<html>', 3],
    ['of a timeline 0', '0\t0/1\n', 3],
  ])('is not read from a file %s', (_, content, of) => {
    expect(parseHistory(content, of)).toBeUndefined();
  });

  it('says which timeline holds a byte, and which copies lie on it', () => {
    const line = parseHistory(HISTORY, 3) ?? [];
    expect(timelineAt(line, 0x4ff_ffffn)).toBe(1);
    expect(timelineAt(line, 0x500_0000n)).toBe(2);
    expect(timelineAt(line, 0x900_0028n)).toBe(3);
    expect(isOnLine(line, { timeline: 1, lsn: 0x500_0000n })).toBe(true);
    expect(isOnLine(line, { timeline: 1, lsn: 0x500_0001n })).toBe(false);
    expect(isOnLine(line, { timeline: 4, lsn: 0n })).toBe(false);
  });
});

/** A line whose branches lie anywhere, also in the midst of a segment. */
const anyLine = fc
  .uniqueArray(fc.bigInt({ min: 1n, max: 2n ** 34n }), { maxLength: 5 })
  .map((ends): TimelineLine => {
    const sorted = ends.toSorted((one, other) => (one < other ? -1 : 1));
    return [...sorted, undefined].map((endsAt, index) => ({ timeline: index + 1, endsAt }));
  });

describe('the segments of a range', () => {
  it('follow each other without a gap, from its first byte to its last', () => {
    fc.assert(
      fc.property(
        anyLine,
        fc.bigInt({ min: 0n, max: 2n ** 34n }),
        fc.bigInt({ min: 1n, max: 2n ** 28n }),
        fc.constantFrom(16 * MIB, 64 * MIB),
        (line, from, length, bytes) => {
          const range = { from, to: from + length };
          const segments = segmentsOf(line, range, bytes);
          expect(segments[0]?.number).toBe(segmentNumberOf(from, bytes));
          expect(segments.at(-1)?.number).toBe(segmentNumberOf(range.to - 1n, bytes));
          segments.slice(1).forEach((segment, index) => {
            expect(segment.number).toBe((segments[index]?.number ?? 0n) + 1n);
            expect(segment.timeline).toBeGreaterThanOrEqual(segments[index]?.timeline ?? 0);
          });
          expect(segments.at(-1)?.timeline).toBe(timelineAt(line, range.to - 1n));
          const names = segments.map((segment) => segmentName(segment, bytes));
          expect(missingFrom(new Set(names), { line, range, sizeBytes: bytes })).toEqual([]);
          const [, ...later] = names;
          expect(missingFrom(new Set(later), { line, range, sizeBytes: bytes })).toEqual(
            names.slice(0, 1),
          );
        },
      ),
    );
  });

  it('are none for an empty range', () => {
    expect(segmentsOf(lineOfFirst(), { from: 5n, to: 5n }, MIB)).toEqual([]);
  });

  it('take the segment of a branch from the timeline that follows', () => {
    const line = parseHistory('1\t0/2000028\t\n', 2) ?? [];
    const range = { from: 0x100_0000n, to: 0x300_0001n };
    expect(segmentsOf(line, range, 16 * MIB).map((one) => segmentName(one, 16 * MIB))).toEqual([
      '000000010000000000000001',
      '000000020000000000000002',
      '000000020000000000000003',
    ]);
  });
});
