import { describe, expect, it } from 'vitest';
import type { SeenSet } from '../../engine/domain/finding.ts';
import { type CopyPlace, judgeRule321 } from '../../engine/domain/health/rule-321.ts';
import {
  type Scorecard,
  type ScoredDatabase,
  type ScoredRepository,
  scoreDatabase,
} from '../../engine/domain/health/scorecard.ts';
import { seenSet } from '../fixtures/seen-set.ts';

const HOUR = 3_600_000;
const NOW = new Date('2026-11-22T12:00:00Z');
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * HOUR);
const set = (hours: number, overrides: Partial<SeenSet> = {}) =>
  seenSet(hoursAgo(hours), overrides);

const FOLDER: CopyPlace = {
  repository: 'local',
  medium: 'disk',
  region: null,
  account: null,
  endpoint: null,
  disk: '/',
};
const BUCKET: CopyPlace = {
  ...FOLDER,
  repository: 'cloud',
  medium: 'object storage',
  region: 'eu-central-1',
  disk: null,
};
const folder = (...sets: SeenSet[]): ScoredRepository => ({
  ...FOLDER,
  sets,
  lock: { status: 'unsupported' },
});
const score = (
  repositories: ScoredRepository[],
  overrides: Partial<ScoredDatabase> = {},
): Scorecard =>
  scoreDatabase({
    database: 'clinic',
    repositories,
    objectives: { rpo: 24 * 3600, rto: 4 * 3600 },
    windowSeconds: 7 * 86_400,
    now: NOW,
    ...overrides,
  });

describe('the scorecard of a database', () => {
  it('has of each copy the newest good set, its lock, and when it was read and proven', () => {
    const until = hoursAgo(-100);
    const sets = [
      set(34, { state: 'PROVEN', provedAt: hoursAgo(20) }),
      set(10, { state: 'CHECKED', checkedAt: hoursAgo(9) }),
      set(2, { state: 'SUSPECT' }),
    ];
    const { copies } = score([{ ...BUCKET, sets, lock: { status: 'locked', until } }]);
    expect(copies).toEqual([
      {
        ...BUCKET,
        isReached: true,
        set: sets[1]?.id,
        state: 'CHECKED',
        takenAt: hoursAgo(10),
        lock: 'locked',
        lockedUntil: until,
        lastReadAt: hoursAgo(9),
        provenAt: hoursAgo(20),
      },
    ]);
  });

  it('says that a repository did not answer, and not that nothing is there', () => {
    const { copies } = score([{ ...BUCKET, sets: undefined, lock: undefined }]);
    expect(copies).toMatchObject([{ isReached: false, set: null, lock: null, lastReadAt: null }]);
  });

  it.each<[string, number[], Partial<Scorecard['rpo']>]>([
    ['no set', [], { seconds: null, worstSeconds: null, isMet: false }],
    ['a set a day', [59, 35, 11], { seconds: 11 * 3600, worstSeconds: 24 * 3600, isMet: true }],
    ['a night without', [59, 11], { seconds: 11 * 3600, worstSeconds: 48 * 3600, isMet: false }],
    ['the first set', [2], { seconds: 2 * 3600, worstSeconds: 2 * 3600, isMet: true }],
    [
      'a gap that began before the window',
      [400, 11],
      { seconds: 11 * 3600, worstSeconds: 157 * 3600, isMet: false },
    ],
  ])('measures what would have been lost: %s', (_what, hours, expected) => {
    expect(score([folder(...hours.map((one) => set(one)))]).rpo).toMatchObject(expected);
  });

  it('counts a set of either copy, once', () => {
    const halves = [
      folder(set(59), set(11)),
      { ...BUCKET, sets: [set(35), set(11)], lock: undefined },
    ];
    expect(score(halves).rpo).toMatchObject({ worstSeconds: 24 * 3600, isMet: true });
  });

  it('measures a restore by the last drill and the sizes, and is silent where there was none', () => {
    const GIB = 1024 ** 3;
    const drilled = set(50, {
      state: 'PROVEN',
      provedAt: hoursAgo(40),
      restoreSeconds: 3600,
      plaintextBytes: GIB,
    });
    const { rto } = score([folder(drilled, set(10, { plaintextBytes: 5 * GIB }))]);
    expect(rto).toEqual({
      drillSeconds: 3600,
      drilledAt: hoursAgo(40),
      seconds: 5 * 3600,
      objectiveSeconds: 4 * 3600,
      isMet: false,
    });
    expect(score([folder(set(10))]).rto).toMatchObject({ seconds: null, isMet: null });
    expect(score([folder(drilled)], { objectives: undefined }).rto.isMet).toBeNull();
  });
});

describe('the 3-2-1 rule', () => {
  const RDS = 'clinic.abc.eu-central-1.rds.amazonaws.com:5432/clinic';
  const OWN = 'db.example.org:5432/clinic';
  const judge = (places: Partial<CopyPlace & { set: string | null }>[], address: string | null) =>
    judgeRule321(
      places.map((place) => ({ ...FOLDER, set: 'id', ...place })),
      address,
    );

  it('is met by a folder and a bucket elsewhere', () => {
    expect(judge([FOLDER, BUCKET], OWN)).toEqual({
      isMet: true,
      copies: 3,
      media: ['disk', 'object storage'],
      offSite: ['cloud'],
      missing: [],
      unknown: [],
    });
    expect(judge([FOLDER, { ...BUCKET, region: 'eu-west-1' }], RDS).isMet).toBe(true);
  });

  it('is not met by fewer copies, by disks alone, and by the region of the database', () => {
    expect(judge([], OWN)).toMatchObject({ isMet: false, copies: 1, missing: expect.any(Array) });
    expect(judge([FOLDER], OWN).missing).toEqual([
      'a third copy',
      'a second kind of medium: no copy is in a bucket',
    ]);
    expect(judge([FOLDER, { ...FOLDER, repository: 'usb', disk: '/' }], OWN)).toMatchObject({
      copies: 2,
      missing: [expect.stringContaining('folders on one disk are one copy'), expect.any(String)],
    });
    expect(judge([BUCKET, { ...BUCKET, repository: 'b' }], RDS)).toMatchObject({
      isMet: false,
      copies: 3,
      missing: [expect.stringContaining('off-site')],
    });
  });

  it('does not count a repository that holds no good set', () => {
    expect(judge([FOLDER, { ...BUCKET, set: null }], OWN)).toMatchObject({
      isMet: false,
      copies: 2,
    });
  });

  it('is not known where nobody can say where a copy stands', () => {
    const nas = { ...BUCKET, endpoint: 'https://nas.example.org' };
    const { isMet, missing, unknown } = judge([FOLDER, nas], OWN);
    expect([isMet, missing]).toEqual([null, []]);
    expect(unknown).toEqual([
      expect.stringContaining('local is off-site'),
      expect.stringContaining('https://nas.example.org'),
    ]);
    expect(judge([FOLDER, { ...BUCKET, region: null }], RDS).isMet).toBeNull();
    expect(judge([FOLDER, BUCKET], null).isMet).toBeNull();
  });
});
