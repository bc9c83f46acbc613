import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LogObject, logKey, parseLogKey } from '../../../engine/domain/wal/archive-key.ts';
import { joinDeltas, reachedBy } from '../../../engine/domain/wal/join-deltas.ts';
import { segmentName } from '../../../engine/domain/wal/segment.ts';
import {
  contiguousEnd,
  gapsOf,
  receivedUpTo,
  storedLogOf,
} from '../../../engine/domain/wal/stored-log.ts';

const SIZE = 16 * 1024 ** 2;
const place = { server: 'main db/1', systemIdentifier: '7412345678901234567' };
const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const position = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const logObject: fc.Arbitrary<LogObject> = fc
  .record({
    server: fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }),
    systemIdentifier: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String),
    timeline: fc.integer({ min: 1, max: 0xffff_ffff }),
  })
  .chain((base) => {
    const name = fc
      .bigInt({ min: 0n, max: 2n ** 40n - 1n })
      .map((number) => segmentName({ timeline: base.timeline, number }, SIZE));
    return fc
      .oneof(
        fc.record({ type: fc.constant('segment' as const), name, sha256: digest }),
        fc.record({ type: fc.constant('history' as const), sha256: digest }),
        fc
          .record({ type: fc.constant('delta' as const), name, from: position, to: position })
          .filter(({ from, to }) => from < to),
      )
      .map((rest): LogObject => ({ ...base, ...rest }));
  });

describe('an object of a log', () => {
  it('is what its key says', () => {
    fc.assert(
      fc.property(logObject, (object) => {
        expect(parseLogKey(logKey(object))).toEqual(object);
      }),
    );
  });

  it('lies at wal/<server>/<system>/<timeline>/, under its segment and its SHA-256', () => {
    const sha256 = 'a'.repeat(64);
    const name = '0000000100000000000000A3';
    expect(logKey({ ...place, timeline: 1, type: 'segment', name, sha256 })).toBe(
      `wal/main%20db%2F1/7412345678901234567/00000001/${name}-${sha256}.wal.zst.esdk`,
    );
    expect(logKey({ ...place, timeline: 2, type: 'history', sha256 })).toBe(
      `wal/main%20db%2F1/7412345678901234567/00000002/00000002.history-${sha256}.zst.esdk`,
    );
    const [from, to] = [0xa300_0000n, 0xa300_0158n];
    expect(logKey({ ...place, timeline: 1, type: 'delta', name, from, to })).toBe(
      `wal-partial/main%20db%2F1/7412345678901234567/00000001/${name}/00000000A3000000-00000000A3000158.wal.zst.esdk`,
    );
  });

  it('is no other key', () => {
    fc.assert(
      fc.property(
        logObject,
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        (object, at, by) => {
          const key = logKey(object);
          const index = at % key.length;
          const altered = key.slice(0, index) + by + key.slice(index + 1);
          const parsed = parseLogKey(altered);
          if (parsed !== undefined) expect(logKey(parsed)).toBe(altered);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('deltas of a segment', () => {
  const delta = fc
    .tuple(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 1n, max: 15n }))
    .map(([from, length]) => ({ from, to: from + length }));

  it('join to the longest run from its beginning, each byte once', () => {
    fc.assert(
      fc.property(
        fc.array(delta, { maxLength: 12 }),
        fc.bigInt({ min: 0n, max: 5n }),
        (all, from) => {
          const joined = joinDeltas(all, from);
          let reached = from;
          for (const { delta: one, skipBytes } of joined) {
            expect(one.from + BigInt(skipBytes)).toBe(reached);
            expect(one.to > reached).toBe(true);
            reached = one.to;
          }
          const covered = new Set(
            all.flatMap(({ from: first, to }) =>
              Array.from({ length: Number(to - first) }, (_, index) => first + BigInt(index)),
            ),
          );
          let longest = from;
          while (covered.has(longest)) longest += 1n;
          expect(reachedBy(joined, from)).toBe(longest);
        },
      ),
    );
  });
});

function segment(number: bigint, { timeline = 1, sha256 = 'a'.repeat(64) } = {}): LogObject {
  const name = segmentName({ timeline, number }, SIZE);
  return { ...place, timeline, type: 'segment', name, sha256 };
}

function partial(number: bigint, bytes: [number, number]): LogObject {
  const name = segmentName({ timeline: 1, number }, SIZE);
  const [from, to] = bytes.map((offset) => number * BigInt(SIZE) + BigInt(offset));
  return { ...place, timeline: 1, type: 'delta', name, from: from ?? 0n, to: to ?? 0n };
}

describe('a stored log', () => {
  const log = storedLogOf(
    [
      segment(3n),
      segment(4n),
      segment(6n),
      segment(6n, { sha256: 'b'.repeat(64) }),
      partial(5n, [0, 100]),
      partial(5n, [100, 250]),
      partial(5n, [300, 400]),
      { ...place, timeline: 2, type: 'history', sha256: 'c'.repeat(64) },
    ],
    SIZE,
  );

  it('goes on after its newest whole segment', () => {
    expect(receivedUpTo(log)).toEqual({ timeline: 1, from: 7n * BigInt(SIZE) });
    expect(receivedUpTo(storedLogOf([partial(5n, [0, 9])], SIZE))).toBeUndefined();
  });

  it('names a segment that is there with two contents', () => {
    expect(log.forked).toEqual(['000000010000000000000006']);
  });

  it('reaches as far as whole segments and joined deltas do', () => {
    expect(contiguousEnd(log, { timeline: 1, number: 3n })).toBe(5n * BigInt(SIZE) + 250n);
    expect(contiguousEnd(log, { timeline: 1, number: 9n })).toBe(9n * BigInt(SIZE));
  });

  it('names what is missing between its segments', () => {
    expect(gapsOf(log, 1)).toEqual(['000000010000000000000005']);
    expect(gapsOf(log, 2)).toEqual([]);
  });
});
