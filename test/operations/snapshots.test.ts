import { describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../engine/domain/alert-message.ts';
import type { AlertState } from '../../engine/domain/alerts.ts';
import type { ServerSnapshot } from '../../engine/domain/snapshot.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { checkSnapshots } from '../../engine/operations/check-snapshots.ts';
import { releaseSnapshots } from '../../engine/operations/release-snapshots.ts';
import type { SnapshotContext } from '../../engine/operations/snapshot-context.ts';
import { tendSnapshots } from '../../engine/operations/tend-snapshots.ts';
import type { Channel } from '../../engine/ports/notifier.ts';
import type { ServerSnapshots, SnapshotOrder } from '../../engine/ports/server-snapshots.ts';
import { makeSnapshot, SERVER } from '../fixtures/snapshots.ts';

const NOW = new Date('2026-11-22T12:00:00Z');
const PLAN = {
  kind: 'snapshot',
  databases: ['clinic'],
  schedule: '30 11 * * *',
  timezone: 'UTC',
  keep: { for: 86_400, atLeast: 1 },
} as const;
const refusal = (retryable: boolean) =>
  new HoldfastError({
    code: 'SERVICE_FAILED',
    message: 'rds:DescribeDBSnapshots failed',
    hint: 'Look at RDS.',
    retryable,
  });

/** A region in memory, where all that is asked for is there at once. */
class ReadyRegion implements ServerSnapshots {
  readonly region: string;
  readonly snapshots: ServerSnapshot[];

  constructor(region: string, snapshots: ServerSnapshot[] = []) {
    this.region = region;
    this.snapshots = snapshots;
  }

  list(): Promise<ServerSnapshot[]> {
    return Promise.resolve(this.snapshots);
  }

  create({ id, server, terms }: SnapshotOrder): Promise<'created' | 'exists'> {
    this.snapshots.push({ ...makeSnapshot({ id, server, startedAt: NOW }), terms });
    return Promise.resolve('created');
  }

  copyHere(snapshot: ServerSnapshot): Promise<'created' | 'exists'> {
    this.snapshots.push(snapshot);
    return Promise.resolve('created');
  }

  release(snapshot: ServerSnapshot, at: Date): Promise<void> {
    snapshot.releasedAt = at;
    return Promise.resolve();
  }

  remove(snapshot: ServerSnapshot): Promise<void> {
    this.snapshots.splice(this.snapshots.indexOf(snapshot), 1);
    return Promise.resolve();
  }
}

/** A region that answers nothing. */
class SilentRegion extends ReadyRegion {
  readonly #error: HoldfastError;

  constructor(region: string, { retryable = false }: { retryable?: boolean } = {}) {
    super(region);
    this.#error = refusal(retryable);
  }

  override list(): Promise<ServerSnapshot[]> {
    return Promise.reject(this.#error);
  }
}

/** A region that lists, and takes nothing. */
class BusyRegion extends ReadyRegion {
  override create(): Promise<'created' | 'exists'> {
    return Promise.reject(refusal(true));
  }

  override remove(): Promise<void> {
    return Promise.reject(refusal(false));
  }
}

const contextOf = (
  own: ServerSnapshots,
  replica: ServerSnapshots | undefined,
  now = NOW,
): SnapshotContext => ({
  project: 'ward',
  config: {
    databases: { clinic: { rds: { instance: 'main' } } } as never,
    snapshotPlans: { nightly: { ...PLAN, databases: ['clinic'] } },
  },
  own,
  replica,
  clock: { now: () => now },
});

/** All that is told goes into `told`. */
function alertingInto(told: AlertMessage[], state: AlertState = {}) {
  return {
    notifiers: [
      {
        channel: 'critical',
        deliver: (message: AlertMessage) => Promise.resolve(void told.push(message)),
      },
    ],
    memory: {
      recall: async () => state,
      remember: async () => undefined,
      claimEnds: async (_: Channel, over: AlertState) => over,
    },
    coolDownSeconds: 3600,
    origin: { project: 'ward', host: 'AWS', config: 'holdfast.yaml' },
  };
}

const tend = (context: SnapshotContext, told: AlertMessage[] = [], state: AlertState = {}) =>
  tendSnapshots(
    { ...context, alerting: alertingInto(told, state) as never, copyKeyArn: 'arn:key' },
    undefined,
  );

describe('regions that do not answer', () => {
  it('keep no snapshot from being taken, when it is that of the copies, and are told', async () => {
    const own = new ReadyRegion('eu-central-1');
    const told: AlertMessage[] = [];
    const tended = await tend(contextOf(own, new SilentRegion('eu-west-1')), told);
    expect(tended).toMatchObject({
      taken: ['holdfast-ward-nightly-main-20261122t113000z'],
      copied: [],
    });
    expect(told.flatMap(({ alerts }) => alerts)).toMatchObject([
      { key: 'run/snapshot-copy/*/*', title: expect.stringContaining('all snapshot plans') },
    ]);
  });

  it('are not told when it may pass, end nothing that was told, and fail the call where it is that of the servers', async () => {
    const told: AlertMessage[] = [];
    await tend(
      contextOf(
        new ReadyRegion('eu-central-1'),
        new SilentRegion('eu-west-1', { retryable: true }),
      ),
      told,
    );
    expect(told).toEqual([]);
    const earlier = {
      severity: 'warning' as const,
      title: 'a copy failed',
      since: NOW.toISOString(),
      toldAt: NOW.toISOString(),
    };
    const state = {
      'run/snapshot-copy/nightly/*': earlier,
      'run/snapshot-removal/nightly/*': earlier,
    };
    await tend(
      contextOf(
        new ReadyRegion('eu-central-1'),
        new SilentRegion('eu-west-1', { retryable: true }),
      ),
      told,
      state,
    );
    expect(told).toEqual([]);
    await tend(
      contextOf(new ReadyRegion('eu-central-1'), new ReadyRegion('eu-west-1')),
      told,
      state,
    );
    expect(told.flatMap(({ alerts }) => alerts.map(({ kind }) => kind))).toEqual([
      'recovered',
      'recovered',
    ]);
    told.splice(0);
    await expect(
      tend(contextOf(new SilentRegion('eu-central-1'), undefined), told),
    ).rejects.toMatchObject({ code: 'SERVICE_FAILED' });
  });

  it('are findings of every database, and hide nothing of the other region', async () => {
    const fresh = new ReadyRegion('eu-central-1', [
      makeSnapshot({ startedAt: new Date('2026-11-22T11:30:00Z') }),
    ]);
    const check = (own: ServerSnapshots, replica: ServerSnapshots) =>
      checkSnapshots(contextOf(own, replica), { beginOf: () => undefined });
    const withoutCopies = await check(fresh, new SilentRegion('eu-west-1'));
    expect(withoutCopies.findings).toMatchObject([
      { verdict: 'fresh', repository: 'rds:eu-central-1' },
      {
        verdict: 'unreachable',
        severity: 'unknown',
        repository: 'rds:eu-west-1',
        plan: 'nightly',
        database: 'clinic',
      },
    ]);
    const { findings, standings } = await check(
      new SilentRegion('eu-central-1'),
      new SilentRegion('eu-west-1'),
    );
    expect(findings.map(({ verdict, repository }) => [verdict, repository])).toEqual([
      ['unreachable', 'rds:eu-central-1'],
      ['unreachable', 'rds:eu-west-1'],
    ]);
    expect(standings).toEqual([]);
  });

  it('let nothing go', async () => {
    const old = makeSnapshot({ startedAt: new Date('2026-10-01'), keepDays: 1 });
    const own = new ReadyRegion('eu-central-1', [old, makeSnapshot({ startedAt: NOW })]);
    await expect(
      releaseSnapshots(contextOf(own, new SilentRegion('eu-west-1'))),
    ).rejects.toMatchObject({ code: 'SERVICE_FAILED' });
    expect(old.releasedAt).toBeUndefined();
    expect(await releaseSnapshots(contextOf(own, undefined))).toEqual({
      kept: 1,
      released: [old.arn],
    });
  });
});

describe('a snapshot that could not be taken', () => {
  const id = 'holdfast-ward-nightly-main-20261122t113000z';
  const since = '2026-11-22T11:30:00.000Z';
  const state = {
    'run/snapshot/nightly/clinic': {
      severity: 'critical',
      title: 'clinic/nightly: snapshot failed',
      since,
      toldAt: since,
    },
  } as const;

  it.each([
    ['is over when RDS makes it', 'creating', ['recovered']],
    ['is over when RDS has it', 'available', ['recovered']],
    ['is not over when RDS failed to make it, which is not tried again', 'failed', []],
  ] as const)('%s', async (_, status, kinds) => {
    const own = new ReadyRegion('eu-central-1', [
      makeSnapshot({ id, status, startedAt: new Date(since) }),
    ]);
    const told: AlertMessage[] = [];
    expect(await tend(contextOf(own, undefined), told, state)).toMatchObject({
      taken: [],
      problems: [],
    });
    expect(told.flatMap(({ alerts }) => alerts).map(({ kind }) => kind)).toEqual(kinds);
  });
});

describe('a snapshot and its copy', () => {
  const gone = () =>
    makeSnapshot({
      startedAt: new Date('2026-10-01T02:00:00Z'),
      releasedAt: new Date('2026-11-01T02:00:00Z'),
    });
  const before = new Date('2026-11-22T11:00:00Z');

  it('are removed a week after both were let go', async () => {
    const [here, there] = [
      new ReadyRegion('eu-central-1', [gone()]),
      new ReadyRegion('eu-west-1', [gone()]),
    ];
    expect((await tend(contextOf(here, there, before))).removed).toHaveLength(2);
    expect([here.snapshots, there.snapshots]).toEqual([[], []]);
  });

  it('stay where a person holds one of them, and where it can not be known', async () => {
    const held = new ReadyRegion('eu-west-1', [{ ...gone(), isHeld: true, releasedAt: undefined }]);
    for (const there of [held, new SilentRegion('eu-west-1')])
      expect(
        (await tend(contextOf(new ReadyRegion('eu-central-1', [gone()]), there, before))).removed,
      ).toEqual([]);
    expect(held.snapshots).toHaveLength(1);
  });
});

describe('a region that is busy', () => {
  it('is tried again at each call, and people hear of it after an hour', async () => {
    const own = new BusyRegion('eu-central-1');
    const told: AlertMessage[] = [];
    expect(
      await tend(contextOf(own, undefined, new Date('2026-11-22T12:29:59Z')), told),
    ).toMatchObject({ taken: [], problems: [] });
    expect(told).toEqual([]);
    await tend(contextOf(own, undefined, new Date('2026-11-22T12:30:00Z')), told);
    expect(told.flatMap(({ alerts }) => alerts)).toMatchObject([
      { key: 'run/snapshot/nightly/clinic', severity: 'critical' },
    ]);
    const late = await tend(contextOf(own, undefined, new Date('2026-11-22T17:30:01Z')));
    expect(late.problems).toEqual([]);
  });

  it('that keeps what is to be removed is a warning', async () => {
    const gone = makeSnapshot({
      server: SERVER,
      startedAt: new Date('2026-10-01'),
      releasedAt: new Date('2026-11-01'),
    });
    const told: AlertMessage[] = [];
    const context = contextOf(
      new BusyRegion('eu-central-1', [gone]),
      undefined,
      new Date('2026-11-22T11:00:00Z'),
    );
    expect((await tend(context, told)).removed).toEqual([]);
    expect(told.flatMap(({ alerts }) => alerts)).toMatchObject([
      { key: 'run/snapshot-removal/nightly/*', severity: 'warning' },
    ]);
  });
});
