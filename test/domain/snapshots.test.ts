import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SnapshotPlanConfig } from '../../engine/config/snapshot-plan-schema.ts';
import { RELEASED_TAG } from '../../engine/contract.ts';
import { pairSnapshots, type RdsServer, snapshotTermsOf } from '../../engine/domain/snapshot.ts';
import { snapshotName, snapshotPrefix } from '../../engine/domain/snapshot-name.ts';
import {
  PASSING_SECONDS,
  problemOfChore,
  problemOfTake,
} from '../../engine/domain/snapshot-problems.ts';
import { decideSnapshots, type SnapshotRules } from '../../engine/domain/snapshot-retention.ts';
import { allServers, inServerPolicies, serversOf } from '../../engine/domain/snapshot-servers.ts';
import { readTags, releaseTags, tagsOf } from '../../engine/domain/snapshot-tags.ts';
import { judgeSnapshots, type SnapshotView } from '../../engine/domain/snapshot-verdict.ts';
import {
  copiesToMake,
  dueTime,
  MOST_COPIES,
  snapshotsToRemove,
  UNDO_SECONDS,
} from '../../engine/domain/snapshot-work.ts';
import { dailySnapshots, makeSnapshot, SERVER } from '../fixtures/snapshots.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-11-22T12:00:00Z');
const DUE = new Date('2026-11-22T02:00:00Z');

describe('the name of a snapshot', () => {
  const nameOf = (
    plan: string,
    id: string,
    { kind = 'instance', project = 'clinic' }: { kind?: RdsServer['kind']; project?: string } = {},
  ) => snapshotName({ project, plan, server: { kind, id }, scheduledFor: DUE });

  it('says project, plan, server and time', () => {
    expect(nameOf('nightly', 'main-db')).toBe('holdfast-clinic-nightly-main-db-20261122t020000z');
  });

  it('differs where hyphens, capitals or characters of the words would make two the same', () => {
    const names = [
      nameOf('a', 'b-c'),
      nameOf('a-b', 'c'),
      nameOf('A', 'b-c'),
      nameOf('a_b', 'c'),
      nameOf('a.b', 'c'),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  it('is one that RDS takes, whatever it is made of, and begins as the policies of the stack have it', () => {
    const project = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,29}$/);
    const plan = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_-]{1,60}$/),
      fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
    );
    const server = fc.record({
      kind: fc.constantFrom('instance' as const, 'cluster' as const),
      id: fc.stringMatching(/^[a-z](-?[a-z0-9]){0,31}$/),
    });
    fc.assert(
      fc.property(project, plan, server, (name, wish, of) => {
        const made = snapshotName({ project: name, plan: wish, server: of, scheduledFor: DUE });
        expect(made).toMatch(/^[a-z](-?[a-z0-9])*$/);
        expect(made.length).toBeLessThanOrEqual(of.kind === 'cluster' ? 63 : 255);
        expect(made.startsWith(snapshotPrefix(name))).toBe(true);
        expect(made.endsWith('-20261122t020000z')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('has the room that the longest project leaves in that of a cluster', () => {
    const name = nameOf('nightly', 'main', { kind: 'cluster', project: 'a'.repeat(30) });
    expect(name.length).toBe(63);
    expect(name).not.toBe(nameOf('monthly', 'main', { kind: 'cluster', project: 'a'.repeat(30) }));
  });
});

describe('the tags of a snapshot', () => {
  const terms = snapshotTermsOf({
    plan: 'nightly',
    scheduledFor: DUE,
    keep: { for: 86_400, atLeast: 3 },
    now: NOW,
  });

  it('are all that is remembered of it', () => {
    const tags = tagsOf('clinic', terms);
    expect(readTags('clinic', tags)).toEqual({ terms, isHeld: false, releasedAt: undefined });
    expect(terms.keepUntil).toEqual(new Date(NOW.getTime() + DAY_MS));
    expect(readTags('clinic', { ...tags, ...releaseTags(NOW) })).toMatchObject({ releasedAt: NOW });
    expect(readTags('clinic', { ...tags, [RELEASED_TAG.key]: 'hold' })).toMatchObject({
      isHeld: true,
      releasedAt: undefined,
    });
  });

  it('make it none of ours without project, plan or times', () => {
    const tags: Record<string, string> = tagsOf('clinic', terms);
    expect(readTags('ward', tags)).toBeUndefined();
    for (const name of [
      'holdfast-project',
      'holdfast-plan',
      'holdfast-scheduled-for',
      'holdfast-keep-until',
    ])
      expect(
        readTags(
          'clinic',
          Object.fromEntries(Object.entries(tags).filter(([tag]) => tag !== name)),
        ),
      ).toBeUndefined();
  });
});

describe('the servers of a snapshot plan', () => {
  it('are each there once, with the databases on them', () => {
    const databases = {
      clinic: { rds: { instance: 'Main' } },
      lab: { rds: { instance: 'main' } },
      ward: { rds: { cluster: 'main' } },
      elsewhere: {},
    };
    expect(serversOf({ databases: 'all' }, databases)).toEqual([
      { kind: 'instance', id: 'main', databases: ['clinic', 'lab'] },
      { kind: 'cluster', id: 'main', databases: ['ward'] },
    ]);
    expect(serversOf({ databases: ['lab'] }, databases)).toEqual([
      { kind: 'instance', id: 'main', databases: ['lab'] },
    ]);
  });
});

describe('the servers of all snapshot plans', () => {
  it('are each there once, though several plans take them', () => {
    const databases = {
      clinic: { rds: { instance: 'main' } },
      lab: { rds: { instance: 'main' } },
      ward: { rds: { cluster: 'main' } },
    };
    const snapshotPlans = {
      nightly: { databases: 'all' as const },
      weekly: { databases: ['lab'] },
    } satisfies Record<string, Pick<SnapshotPlanConfig, 'databases'>>;
    expect(allServers({ databases, snapshotPlans }).map(({ kind, id }) => [kind, id])).toEqual([
      ['instance', 'main'],
      ['cluster', 'main'],
    ]);
    expect(allServers({ databases, snapshotPlans: { weekly: snapshotPlans.weekly } })).toHaveLength(
      1,
    );
  });

  it('stand each once in policies of one kind, 48 at most in each', () => {
    const kinds = fc.array(fc.constantFrom('instance' as const, 'cluster' as const), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(kinds, (all) => {
        const servers = all.map((kind, index) => ({ kind, id: `server-${index}` }));
        const lists = inServerPolicies(servers);
        expect(
          lists
            .flatMap((list) => list.servers)
            .toSorted((one, other) => servers.indexOf(one) - servers.indexOf(other)),
        ).toEqual(servers);
        for (const list of lists) {
          expect(list.servers.every(({ kind }) => kind === list.kind)).toBe(true);
          expect(list.servers.length).toBeLessThanOrEqual(48);
        }
        const needed = ['instance', 'cluster'].reduce(
          (sum, kind) => sum + Math.ceil(all.filter((one) => one === kind).length / 48),
          0,
        );
        expect(lists).toHaveLength(needed);
      }),
    );
  });
});

describe('retention of snapshots', () => {
  const rules = (more: Partial<SnapshotRules> = {}): SnapshotRules => ({
    keeps: new Map(),
    isCopied: true,
    now: NOW,
    ...more,
  });
  const released = (pairs: ReturnType<typeof dailySnapshots>, more: Partial<SnapshotRules> = {}) =>
    decideSnapshots(pairs, rules(more))
      .filter(({ action }) => action === 'release')
      .map(({ pair }) => pair.startedAt.getUTCDate());

  it('lets go what its keep has passed, with its copy, and says why', () => {
    const [first] = decideSnapshots(dailySnapshots(22), rules());
    expect(first?.toRelease).toHaveLength(2);
    expect(first?.reasons).toEqual([
      { code: 'keep-passed', text: 'kept until 2026-11-11 02:00 UTC, which has passed' },
      { code: 'succeeded', text: 'holdfast-ward-nightly-main-2026-11-22 available and younger' },
    ]);
    expect(released(dailySnapshots(22))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('lets nothing go when snapshots stop', () => {
    expect(released(dailySnapshots(3), { now: new Date('2036-01-01') })).toEqual([1, 2]);
    expect(
      released(dailySnapshots(3, { keepAtLeast: 3 }), { now: new Date('2036-01-01') }),
    ).toEqual([]);
  });

  it('lets nothing go when copies stop', () => {
    expect(released(dailySnapshots(22, { isCopied: false }))).toEqual([]);
    expect(released(dailySnapshots(22, { isCopied: false }), { isCopied: false })).toHaveLength(12);
  });

  it("counts no failed, released, future or other server's one as younger", () => {
    const old = makeSnapshot();
    const decide = (younger: object) =>
      released(
        pairSnapshots(
          [old, makeSnapshot({ startedAt: new Date('2026-11-20T02:00:00Z'), ...younger })],
          [],
        ),
        { isCopied: false },
      );
    expect(decide({})).toEqual([1]);
    for (const none of [
      { status: 'failed' },
      { status: 'creating' },
      { server: { kind: 'cluster', id: 'main' } },
      { startedAt: new Date('2027-01-01') },
    ])
      expect(decide(none)).not.toContain(1);
    expect(decide({ releasedAt: NOW })).toEqual([20]);
  });

  it("takes the longer of the tag and of today's config", () => {
    const keeps = new Map([['nightly', { for: 30 * 86_400, atLeast: 1 }]]);
    expect(released(dailySnapshots(22), { keeps })).toEqual([]);
    expect(
      released(dailySnapshots(22), { keeps: new Map([['nightly', { for: 1, atLeast: 1 }]]) }),
    ).toHaveLength(12);
    expect(
      released(dailySnapshots(22), { keeps: new Map([['nightly', { for: 1, atLeast: 20 }]]) }),
    ).toEqual([1, 2]);
  });

  it('keeps what a person holds', () => {
    const [first] = decideSnapshots(dailySnapshots(22, { isHeld: true }), rules());
    expect(first).toMatchObject({ action: 'keep', reasons: [{ code: 'held' }], toRelease: [] });
  });

  it('lets the other half go too of what was half let go', () => {
    const pairs = dailySnapshots(22);
    const [half] = pairs;
    if (half?.own !== undefined) half.own.releasedAt = new Date('2026-11-20');
    const [first] = decideSnapshots(pairs, rules());
    expect(first).toMatchObject({ action: 'release', reasons: [{ code: 'released-before' }] });
    expect(first?.toRelease).toEqual([half?.copy]);
  });

  it('lets a failed copy go, so that it is made anew, and not the snapshot', () => {
    const own = makeSnapshot({ startedAt: new Date('2026-11-21T02:00:00Z') });
    const copy = { ...own, status: 'failed' as const };
    const [decided] = decideSnapshots(pairSnapshots([own], [copy]), rules());
    expect(decided).toMatchObject({ action: 'keep' });
    expect(decided?.toRelease).toEqual([copy]);
  });

  it('always leaves as many complete ones as the config wants, as long as there were so many', () => {
    const status = fc.constantFrom(
      'available' as const,
      'available' as const,
      'failed' as const,
      'creating' as const,
    );
    const history = fc.array(
      fc.record({
        own: status,
        copy: fc.option(status, { nil: undefined }),
        isHeld: fc.boolean(),
        wasReleased: fc.boolean(),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(
        history,
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        (days, atLeast, isCopied) => {
          const made = days.map(({ own, isHeld, wasReleased }, day) =>
            makeSnapshot({
              status: own,
              isHeld,
              releasedAt: wasReleased ? NOW : undefined,
              startedAt: new Date(Date.UTC(2026, 10, 1 + day, 2)),
              keepDays: 1,
            }),
          );
          const copies = made.flatMap((one, day) =>
            days[day]?.copy === undefined ? [] : [{ ...one, status: days[day].copy }],
          );
          const keeps = new Map([['nightly', { for: 1, atLeast }]]);
          const pairs = pairSnapshots(made, copies);
          const isComplete = ({ own, copy }: (typeof pairs)[number]) =>
            [own, ...(isCopied ? [copy] : [])].every(
              (part) => part?.status === 'available' && part.releasedAt === undefined,
            );
          const complete = pairs.filter(isComplete).length;
          const decisions = decideSnapshots(pairs, { keeps, isCopied, now: NOW });
          const isGoing = ({ pair: { own, copy }, toRelease }: (typeof decisions)[number]) =>
            toRelease.some((one) => one === own || (isCopied && one === copy));
          const left = decisions.filter((one) => isComplete(one.pair) && !isGoing(one)).length;
          expect(left).toBeGreaterThanOrEqual(Math.min(complete, atLeast));
          expect(
            decisions
              .flatMap(({ toRelease }) => toRelease)
              .every(({ isHeld, releasedAt }) => !isHeld && releasedAt === undefined),
          ).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('what is to be done', () => {
  it('is the newest time of a schedule within six hours', () => {
    const nightly = { schedule: '0 2 * * *', timezone: 'UTC' };
    expect(dueTime(nightly, new Date('2026-11-22T07:59:00Z'))).toEqual(DUE);
    expect(dueTime(nightly, DUE)).toEqual(DUE);
    expect(dueTime(nightly, new Date('2026-11-22T08:01:00Z'))).toBeUndefined();
    expect(dueTime({ schedule: '*/5 * * * *', timezone: 'UTC' }, NOW)).toEqual(NOW);
    expect(dueTime({ schedule: '0 13 * * *', timezone: 'Europe/Vienna' }, NOW)).toEqual(NOW);
  });

  it('are copies of what is available and will stay, the youngest first, and not too many at a time', () => {
    const pairs = dailySnapshots(22, { isCopied: false });
    const [copy] = copiesToMake(pairs, NOW);
    expect(copy?.startedAt).toEqual(DUE);
    expect(copiesToMake(pairs, NOW)).toHaveLength(MOST_COPIES);
    const running = pairSnapshots(
      pairs.flatMap(({ own }) => own ?? []),
      pairs
        .slice(-4)
        .flatMap(({ own }) => (own === undefined ? [] : [{ ...own, status: 'creating' as const }])),
    );
    expect(copiesToMake(running, NOW)).toHaveLength(6);
    const none = [
      { status: 'creating' },
      { status: 'failed' },
      { releasedAt: NOW },
      { keepDays: 1 },
    ] as const;
    for (const wish of none)
      expect(copiesToMake(pairSnapshots([makeSnapshot({ ...wish })], []), NOW)).toEqual([]);
  });

  it('are removals of what was let go a week ago, and at once of what failed', () => {
    const releasedAt = new Date(NOW.getTime() - UNDO_SECONDS * 1000);
    const recently = new Date(releasedAt.getTime() + 1);
    const snapshots = [
      makeSnapshot({ id: 'kept' }),
      makeSnapshot({ id: 'recent', releasedAt: recently }),
      makeSnapshot({ id: 'held', releasedAt, isHeld: true }),
      makeSnapshot({ id: 'old', releasedAt }),
      makeSnapshot({ id: 'failed', status: 'failed', releasedAt: NOW }),
      makeSnapshot({ id: 'untagged', status: 'failed' }),
    ];
    const { originals, copies } = snapshotsToRemove(pairSnapshots(snapshots, []), NOW);
    expect(originals.map(({ id }) => id).toSorted()).toEqual(['failed', 'old']);
    expect(copies).toEqual([]);
    expect(snapshotsToRemove(pairSnapshots([], snapshots), NOW)).toEqual({
      originals: [],
      copies: expect.arrayContaining(originals),
    });
  });

  it('are no removals of a pair one of which a person holds', () => {
    const gone = makeSnapshot({ releasedAt: new Date(NOW.getTime() - UNDO_SECONDS * 1000) });
    const held = { ...gone, isHeld: true, releasedAt: undefined };
    expect(snapshotsToRemove(pairSnapshots([gone], [gone]), NOW)).toEqual({
      originals: [gone],
      copies: [gone],
    });
    for (const [own, copy] of [
      [held, gone],
      [gone, held],
    ] as const)
      expect(snapshotsToRemove(pairSnapshots([own], [copy]), NOW)).toEqual({
        originals: [],
        copies: [],
      });
  });
});

describe('the verdict on a snapshot plan', () => {
  const expected = {
    plan: 'nightly',
    database: 'clinic',
    server: SERVER,
    maxAgeSeconds: 26 * 3600,
  };
  const judge = (pairs: SnapshotView['pairs'], more: object = {}) =>
    judgeSnapshots(
      { ...expected, ...more },
      { pairs, region: 'eu-central-1', replicaRegion: 'eu-west-1', now: NOW },
    );

  it('is fresh with a young snapshot and its copy', () => {
    expect(judge(dailySnapshots(22))).toMatchObject([
      {
        verdict: 'fresh',
        severity: 'ok',
        repository: 'rds:eu-central-1',
        set: 'holdfast-ward-nightly-main-2026-11-22',
        ageSeconds: 10 * 3600,
      },
    ]);
  });

  it('is late since the time that the newest became too old', () => {
    expect(judge(dailySnapshots(20))).toMatchObject([
      {
        verdict: 'late',
        severity: 'critical',
        since: new Date('2026-11-21T04:00:00Z'),
        hint: expect.stringMatching(
          /rds-snapshot.* refuses is tried again .* began and failed with not before the next time of the schedule/,
        ),
      },
    ]);
  });

  it('is missing without one that can be restored, and lets a new plan have its time', () => {
    expect(judge([])).toMatchObject([{ verdict: 'missing', severity: 'critical' }]);
    expect(judge([], { graceUntil: new Date(NOW.getTime() + 1) })).toMatchObject([
      { verdict: 'missing', severity: 'ok', hint: null },
    ]);
    expect(judge([], { graceUntil: NOW })).toMatchObject([{ severity: 'critical' }]);
    const others = [
      { status: 'creating' },
      { releasedAt: NOW },
      { plan: 'weekly' },
      { server: { kind: 'cluster', id: 'main' } },
    ] as const;
    for (const wish of others)
      expect(
        judge(pairSnapshots([makeSnapshot({ startedAt: DUE, ...wish })], []))[0],
      ).toMatchObject({ verdict: 'missing' });
  });

  it('is failed while the newest is, and names what is still safe', () => {
    const yesterday = makeSnapshot({ startedAt: new Date('2026-11-21T12:00:00Z') });
    const failed = makeSnapshot({ startedAt: DUE, status: 'failed' });
    const [, found] = judge(pairSnapshots([yesterday, failed], [yesterday]));
    expect(found).toMatchObject({ verdict: 'failed', severity: 'critical', set: failed.id });
    expect(found?.detail).toContain(
      `still safe: snapshot ${yesterday.id} of 2026-11-21 12:00 UTC, with its copy`,
    );
    const mended = makeSnapshot({ startedAt: new Date('2026-11-22T03:00:00Z') });
    expect(judge(pairSnapshots([failed, mended], [mended])).map(({ verdict }) => verdict)).toEqual([
      'fresh',
    ]);
  });

  it('is uncopied when a copy is not there after a day, and at once when it failed', () => {
    const old = makeSnapshot({ startedAt: new Date('2026-11-21T02:00:00Z') });
    const young = makeSnapshot({ startedAt: DUE });
    expect(judge(pairSnapshots([old, young], [young]))[1]).toMatchObject({
      verdict: 'uncopied',
      severity: 'warning',
      repository: 'rds:eu-west-1',
      set: old.id,
    });
    expect(judge(pairSnapshots([old, young], [old]))).toHaveLength(1);
    expect(judge(pairSnapshots([young], [{ ...young, status: 'failed' }]))[1]).toMatchObject({
      verdict: 'uncopied',
      severity: 'critical',
    });
    const withoutReplica = {
      pairs: pairSnapshots([old, young], []),
      region: 'eu-central-1',
      replicaRegion: undefined,
      now: NOW,
    };
    expect(judgeSnapshots(expected, withoutReplica)).toHaveLength(1);
  });
});

describe('a failure of rds-snapshot', () => {
  const error = {
    code: 'SERVICE_FAILED',
    message: 'rds:CreateDBSnapshot has to wait',
    retryable: true,
  };
  const failed = {
    plan: 'nightly',
    server: { ...SERVER, databases: ['clinic', 'lab'] },
    scheduledFor: DUE,
    error,
  };
  const seen = (seconds: number) => ({
    pairs: dailySnapshots(20),
    now: new Date(DUE.getTime() + seconds * 1000),
  });

  it('that may pass is told when it has lasted an hour', () => {
    expect(problemOfTake(failed, seen(PASSING_SECONDS - 1))).toBeUndefined();
    const problem = problemOfTake(failed, seen(PASSING_SECONDS));
    expect(problem).toMatchObject({
      key: 'run/snapshot/nightly/clinic',
      severity: 'critical',
      since: DUE,
      runbook: expect.stringContaining('#snapshot-'),
    });
    expect(problem?.title).toBe('clinic, lab/nightly: snapshot failed (SERVICE_FAILED)');
    expect(problem?.detail).toContain('still safe: snapshot holdfast-ward-nightly-main-2026-11-20');
  });

  it('that will not pass is told at once', () => {
    expect(
      problemOfTake({ ...failed, error: { ...error, retryable: false } }, seen(0)),
    ).toBeDefined();
    const chore = { plan: 'nightly', id: 'a', error: { ...error, retryable: false } };
    expect(problemOfChore('copy', chore)).toMatchObject({
      key: 'run/snapshot-copy/nightly/*',
      severity: 'critical',
    });
    expect(problemOfChore('removal', chore)).toMatchObject({ severity: 'warning' });
    expect(problemOfChore('copy', { ...chore, error })).toBeUndefined();
  });
});
