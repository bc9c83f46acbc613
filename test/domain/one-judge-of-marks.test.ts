import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safetyOrder } from '../../engine/domain/alert/safety-order.ts';
import { backupId } from '../../engine/domain/backup-id.ts';
import { objectKey } from '../../engine/domain/key.ts';
import { decideRetention } from '../../engine/domain/retention.ts';
import { retentionSetOf } from '../../engine/domain/retention-set.ts';
import { parseSetName, resolveSetName } from '../../engine/domain/set-name.ts';
import { catalogOf } from '../../engine/domain/set-state.ts';
import { standingsOf } from '../../engine/domain/standing.ts';
import { judgeRepository } from '../../engine/domain/verdict.ts';
import { isHoldfastError } from '../../engine/errors.ts';
import { seenSetOf } from '../../engine/operations/survey-repository.ts';
import { logicalManifest } from '../fixtures/manifests.ts';
import {
  type Act,
  DOUBTS,
  nameOfMark,
  type RememberedMarks,
  remember,
} from '../fixtures/retention-history.ts';

const ROOT = join(import.meta.dirname, '../..');
const TAKEN_AT = new Date('2026-11-01T02:00:00Z');
const ADDRESS = { plan: 'nightly', database: 'clinic', id: backupId(TAKEN_AT, '7f3a') };
const OLDER = { ...ADDRESS, id: backupId(new Date('2026-10-01T02:00:00Z'), '0000') };

const ACTS = ['verify', 'drill', 'accept', 'hold', 'unhold', ...DOUBTS] as const;

/** What every consumer says of the marks that a history leaves. */
function consumersOf(acts: readonly Exclude<Act, 'spoil' | 'tear'>[]) {
  const marks = acts.map((act, index) =>
    nameOfMark(act, new Date(TAKEN_AT.getTime() + (index + 1) * 60_000)),
  );
  const now = new Date('2026-11-20T00:00:00Z');
  const keys = (address: typeof ADDRESS, names: string[]) =>
    ['manifest.json', ...names].map((name) => objectKey(address, name));
  const [older, entry] = catalogOf([...keys(OLDER, []), ...keys(ADDRESS, marks)]);
  if (older === undefined || entry === undefined) throw new Error('a set is missing');
  const catalogedAs = (one: typeof entry) => {
    const startedAt = `${one.id.slice(0, 4)}-${one.id.slice(4, 6)}-01T02:00:00.000Z`;
    const manifest = {
      ...logicalManifest({ id: one.id, startedAt, keepUntil: startedAt }),
      seal: 'x',
    };
    return { ...one, manifest, problem: undefined, damage: null, kind: 'logical', isWhole: true };
  };
  const set = catalogedAs(entry);
  const seen = seenSetOf(set, undefined);
  const sizes = new Map(set.manifest.objects.map(({ key, storedBytes }) => [key, storedBytes]));
  const retention = [older, entry].map((one) => retentionSetOf(catalogedAs(one), { sizes }));
  const decisions = (undrilled: string[]) =>
    decideRetention(retention, { keeps: new Map(), undrilled: new Set(undrilled), now });
  const findings = judgeRepository({
    repository: 'local',
    sets: [{ ...seenSetOf(catalogedAs(older), undefined), plan: 'weekly' }, seen],
    expectations: [{ plan: 'nightly', database: 'clinic', maxAgeSeconds: undefined }],
    drills: { clinic: { isEnabled: true, maxAgeSeconds: 30 * 86_400 } },
    now,
  }).map(({ verdict }) => verdict);
  const [standing] = standingsOf([ADDRESS], [seen]);
  const resolves = (name: string) => {
    try {
      return resolveSetName(parseSetName(name), [set]).id === ADDRESS.id;
    } catch (error) {
      if (isHoldfastError(error, 'SET_NOT_FOUND') || isHoldfastError(error, 'SET_SUSPECT'))
        return false;
      throw error;
    }
  };
  return {
    list: set.state,
    latest: resolves('latest'),
    latestProven: resolves('latest-proven'),
    checkSuspect: findings.includes('suspect') || findings.includes('shrunk'),
    checkUnproven: findings.includes('unproven'),
    checkFresh: findings.includes('fresh'),
    report: { counts: standing?.newest !== undefined, proven: standing?.provenAt !== undefined },
    stillSafe: safetyOrder([entry], { database: 'clinic', entryOf: (one) => one }).length > 0,
    standsIn: decisions([])[0]?.action === 'release',
    standsInUndrilled: decisions(['clinic'])[0]?.action === 'release',
    freezes: decisions([]).some(({ reasons }) => reasons.some(({ code }) => code === 'frozen')),
  };
}

describe('what is proven and what is suspect', () => {
  it('is the same for list, latest, check, report and retention after any history of marks', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ACTS), { maxLength: 12 }), (acts) => {
        const set: RememberedMarks = {
          ...{ doubts: [], isProven: false, isChecked: false },
          ...{ isHeld: false, isReadable: true, isTorn: false },
        };
        for (const act of acts) remember(set, act);
        const isSuspect = set.doubts.length > 0;
        const isProven = !isSuspect && set.isProven;
        const isFreezing = set.doubts.some(({ isKnown }) => !isKnown);
        const state = isSuspect
          ? 'SUSPECT'
          : isProven
            ? 'PROVEN'
            : set.isChecked
              ? 'CHECKED'
              : 'STORED';
        seen.add(`${state} ${isFreezing}`);
        expect(consumersOf(acts)).toEqual({
          list: state,
          latest: !isSuspect,
          latestProven: isProven,
          checkSuspect: isSuspect,
          checkUnproven: !isProven,
          checkFresh: !isSuspect,
          report: { counts: !isSuspect, proven: isProven },
          stillSafe: !isSuspect,
          standsIn: !isFreezing && isProven,
          standsInUndrilled: !isFreezing && (isProven || (!isSuspect && set.isChecked)),
          freezes: isFreezing,
        });
      }),
      { numRuns: 3_000 },
    );
    expect([...seen].sort()).toEqual([
      'CHECKED false',
      'PROVEN false',
      'STORED false',
      'SUSPECT false',
      'SUSPECT true',
    ]);
  });

  /** `show` prints marks; everything else asks what they amount to. */
  const MAY_READ_MARKS = [
    'engine/domain/set/',
    'engine/domain/set-state.ts',
    'engine/domain/inventory.ts',
    'engine/operations/marks.ts',
    'engine/operations/catalog/mark-seals.ts',
    'cli/commands/show.ts',
  ];

  it('is decided in one place: no other module looks at the names of marks', () => {
    const offenders = ['engine', 'cli', 'lambdas', 'task']
      .flatMap((layer) => sourcesBelow(layer))
      .filter((path) => !MAY_READ_MARKS.some((allowed) => path.startsWith(allowed)))
      .filter((path) => READS_MARKS.test(readFileSync(join(ROOT, path), 'utf8')));
    expect(offenders).toEqual([]);
  });
});

/** The marks of an entry (not how many), a comparison with a mark's word, or a mark's name taken apart. */
const READS_MARKS =
  /\.marks\b(?!\.length)|[{,]\s*marks\s*[,}]|\bparseMark\b|\bmark\s*[!=]==|(?<!verdict |outcome )[!=]==\s*'(suspect|proven|checked|accepted)'/;

function sourcesBelow(layer: string): string[] {
  return readdirSync(join(ROOT, layer), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `${layer}/${path.replaceAll('\\', '/')}`);
}
