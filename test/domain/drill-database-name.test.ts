import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DRILL_DATABASE_PATTERN,
  drillDatabaseName,
  parseDrillDatabaseName,
} from '../../engine/domain/drill/drill-database-name.ts';
import { cutName } from '../../engine/domain/table-name.ts';

const tails = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16).padStart(4, '0'));
const times = fc
  .integer({ min: Date.parse('2026-01-01'), max: Date.parse('2200-01-01') })
  .map((ms) => new Date(Math.floor(ms / 1000) * 1000));

describe('the database of a drill on a server', () => {
  it('says which drill it is of and when that began, also while it is restored and where it lacks something', () => {
    fc.assert(
      fc.property(times, tails, (startedAt, tail) => {
        const drill = drillDatabaseName(startedAt, tail);
        expect(parseDrillDatabaseName(drill)).toEqual({ drill, startedAt });
        for (const word of ['unfinished', 'incomplete', 'restored']) {
          const name = `${cutName(drill, { bytes: 38 })}_${word}_0123abcd`;
          expect(parseDrillDatabaseName(name)).toEqual({ drill, startedAt });
          expect(name).toMatch(new RegExp(DRILL_DATABASE_PATTERN));
          expect(Buffer.byteLength(name)).toBeLessThan(64);
        }
      }),
    );
  });

  it('is none with a name that differs in anything', () => {
    const name = 'holdfast_drill_20261101T020304Z_7f3a';
    const others = fc.oneof(
      fc.string().map((more) => `${name}${more === '' ? 'x' : more}`),
      fc.string().map((more) => `${more === '' ? 'x' : more}${name}`),
      fc.constantFrom(
        'holdfast_drill',
        'holdfast_drill_',
        name.toUpperCase(),
        `${name}\n`,
        name.replace('20261101', '20261399'),
        `${name}_mine_0123abcd`,
        `${name}_unfinished_0123abc`,
      ),
    );
    fc.assert(
      fc.property(others, (other) => {
        expect(parseDrillDatabaseName(other)).toBeUndefined();
      }),
    );
  });
});
