import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { auditRecords, leftovers } from '../fixtures/aftermath.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { type FreezingProxy, startFreezingProxy } from '../fixtures/freezing-proxy.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';
import { type Pair, startPair } from '../fixtures/standby.ts';

describe('a standby that is not what a backup needs', () => {
  let pair: Pair;
  let workspace: Workspace;

  beforeAll(async () => {
    pair = await startPair({ tools: inject('postgres').tools });
    await pair.onPrimary('CREATE DATABASE ward');
    await pair.onPrimary('CREATE TABLE notes (id int); INSERT INTO notes VALUES (1)', 'ward');
    await pair.caughtUp();
    workspace = await makeWorkspace();
  });

  afterEach(async () => {
    await workspace.remove();
    workspace = await makeWorkspace();
  });

  afterAll(async () => {
    await workspace?.remove();
    await pair?.stop();
  });

  async function describeWard({
    primary = urlOf(pair.hosts.primary, 'ward'),
    replica = urlOf(pair.hosts.standby, 'ward'),
    maxLag = '10m',
  } = {}) {
    await writeConfig(workspace, {
      databases: { ward: { url: primary, replica: { url: replica } } },
      plans: { nightly: { source: 'replica', maxLag } },
    });
  }

  async function findings(): Promise<
    { name: string; status: string; detail: string; fix: string[] }[]
  > {
    return (await workspace.run(['doctor', '--json'])).json<{
      findings: Awaited<ReturnType<typeof findings>>;
    }>().findings;
  }

  it('is dumped when its primary was idle for longer than the plan takes', async () => {
    await describeWard({ maxLag: '1s' });
    const old = "SELECT now() - pg_last_xact_replay_timestamp() > interval '1 s' AS old";
    await vi.waitFor(async () => expect(await pair.onStandby(old)).toEqual([{ old: true }]), {
      timeout: 10_000,
    });
    await backUp(workspace);
    expect((await findings()).find(({ name }) => name === 'standby')).toMatchObject({
      status: 'ok',
    });
  });

  it('is dumped when its primary does not answer', async () => {
    await describeWard();
    await backUp(workspace);
    await describeWard({ primary: 'postgresql://nobody@/ward?host=/nonexistent' });
    await backUp(workspace);
  });

  it('is refused, for a passing reason, while it is further behind than the plan takes, and doctor says so', async () => {
    await describeWard({ maxLag: '1s' });
    await pair.onStandby('SELECT pg_wal_replay_pause()');
    try {
      await pair.onPrimary('INSERT INTO notes VALUES (2)', 'ward');
      const { message, hint } = expectFailure(await workspace.run(['backup', '--json']), {
        code: 'REPLICA_LAGS',
        status: 75,
      });
      expect(message).toMatch(
        /is \d+ s behind its primary \(\d+ bytes of WAL\); the plan takes 1 s at most$/,
      );
      expect(hint).toContain('pg_wal_replay_resume');
      expect(await leftovers(workspace)).toEqual([]);
      expect((await auditRecords(workspace)).at(-1)).toMatchObject({
        status: 'failed',
        error: { code: 'REPLICA_LAGS' },
      });
      expect((await findings()).find(({ name }) => name === 'standby')).toMatchObject({
        status: 'failed',
        detail: expect.stringMatching(/behind/),
      });
    } finally {
      await pair.onStandby('SELECT pg_wal_replay_resume()');
    }
    await pair.caughtUp();
    await backUp(workspace);
  });

  it('is refused when it follows another server', async () => {
    const other = await makeDatabase();
    await describeWard({ primary: other.url });
    const { message } = expectFailure(await workspace.run(['backup', '--json']), {
      code: 'REPLICA_LAGS',
    });
    expect(message).toContain('of another server than the one that the database names');
    await other.drop();
  });

  it('is refused when its primary does not answer and earlier sets came from another server', async () => {
    const other = await makeDatabase({ sql: 'CREATE TABLE notes (id int)' });
    await writeConfig(workspace, {
      databases: { ward: { url: other.url } },
      plans: { nightly: {} },
    });
    await backUp(workspace);
    await describeWard({ primary: 'postgresql://nobody@/ward?host=/nonexistent' });
    const { message } = expectFailure(await workspace.run(['backup', '--json']), {
      code: 'REPLICA_LAGS',
    });
    expect(message).toContain('of another server than the one that the newest set came from');
    await other.drop();
  });

  it('is refused when it is a primary', async () => {
    await describeWard({ replica: urlOf(pair.hosts.primary, 'ward') });
    expect(
      expectFailure(await workspace.run(['backup', '--json']), { code: 'REPLICA_LAGS' }).message,
    ).toContain('is no standby');
  });

  it('is refused as soon as it was promoted', async () => {
    await describeWard();
    await backUp(workspace);
    await pair.onStandby('SELECT pg_promote()');
    const { message, hint } = expectFailure(await workspace.run(['backup', '--json']), {
      code: 'REPLICA_LAGS',
    });
    expect(message).toContain('it was promoted');
    expect(hint).toContain('source: primary');
  });
});

describe('a standby that dies in the midst of a dump', () => {
  let pair: Pair;
  let workspace: Workspace;
  let proxy: FreezingProxy;

  beforeAll(async () => {
    pair = await startPair({ tools: inject('postgres').tools });
    await pair.onPrimary('CREATE DATABASE ward');
    await pair.onPrimary(
      "CREATE TABLE notes AS SELECT n, repeat('x', 1000) AS note FROM generate_series(1, 4000) n",
      'ward',
    );
    await pair.caughtUp();
    proxy = await startFreezingProxy({ to: pair.hosts.standby, holdAfterBytes: 1_000_000 });
    workspace = await makeWorkspace();
  });

  afterAll(async () => {
    await workspace?.remove();
    await proxy?.stop();
    await pair?.stop();
  });

  it('fails the backup for a passing reason, and says so, though no connection of it is left', async () => {
    await writeConfig(workspace, {
      databases: {
        ward: {
          url: urlOf(pair.hosts.primary, 'ward'),
          replica: { url: urlOf(proxy.host, 'ward') },
        },
      },
      plans: { nightly: { source: 'replica' } },
    });
    const { finished } = workspace.start(['backup', '--json']);
    await proxy.held;
    await pair.loseStandby();
    proxy.thaw();
    const failure = await finished;
    expect(failure).toMatchObject({ status: 75, stdout: '' });
    const { code, hint } = failure.error();
    expect(['CONNECTION_LOST', 'DUMP_FAILED']).toContain(code);
    expect(hint).toContain('Run the command again.');
    expect(await leftovers(workspace)).toEqual([]);
    expect(await auditRecords(workspace)).toMatchObject([
      { operation: 'backup', status: 'failed', error: { code } },
    ]);
  });
});
