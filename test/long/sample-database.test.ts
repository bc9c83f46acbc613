import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { chinookRows } from '../../setup/sample-databases.ts';
import { type Clusters, startClusters, stopClusters } from '../differential/clusters.ts';
import { differences } from '../differential/compare.ts';
import { copyPlainly } from '../differential/programs.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { loadChinook } from './chinook/load.ts';

const DATABASE = 'chinook';
const file = await chinookRows((text) => process.stderr.write(`${text}\n`));

describe.skipIf(file === undefined)('the sample database Chinook', () => {
  let clusters: Clusters;
  let workspace: Workspace;
  let env: Record<string, string>;
  let loaded: Map<string, number>;

  beforeAll(async () => {
    workspace = await makeWorkspace();
    clusters = await startClusters(inject('postgres').tools);
    const admin = await clusters.source.connect('postgres');
    await admin.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0 ENCODING UTF8`);
    await admin.end();
    const client = await clusters.source.connect(DATABASE);
    await client.query('SET search_path = public');
    loaded = await loadChinook(client, file ?? '');
    await client.end();
    env = { DATABASE_URL: clusters.source.url(DATABASE) };
  }, 300_000);
  afterAll(async () => {
    await workspace?.remove();
    await stopClusters(clusters);
  });

  async function succeed(args: readonly string[]) {
    const finished = await workspace.run([...args, '--json'], env);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    return finished;
  }

  it('has the rows that are known of it', () => {
    expect(loaded.get('chinook_track')).toBe(3503);
    expect(loaded.size).toBe(11);
  });

  it('comes back as pg_restore brings it', async () => {
    const { source, ours, theirs } = clusters;
    await succeed(['backup']);
    await succeed(['restore', 'latest', '--create', '--roles', '--to', ours.url(DATABASE)]);
    const archive = join(workspace.folder, 'plain.dump');
    await copyPlainly({ from: source, to: theirs, database: DATABASE, archive });
    expect(await differences({ ...clusters, database: DATABASE, rowsMayMove: false })).toEqual([]);
  });

  it('is PROVEN by a drill', async () => {
    expect((await succeed(['drill'])).json()).toMatchObject({ result: 'PASS' });
    expect((await succeed(['list'])).stdout).toContain('PROVEN');
  });
});
