import { spawnSync } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { regressionTests } from '../../setup/regression-tests.ts';
import { type Clusters, startClusters, stopClusters } from '../differential/clusters.ts';
import { differences } from '../differential/compare.ts';
import { copyPlainly } from '../differential/programs.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const { tools } = inject('postgres');
const DATABASE = 'regression';
const say = (text: string) => process.stderr.write(`${text}\n`);
const tests = await regressionTests(tools.major, say);

describe.skipIf(tests === undefined)("the regression database of PostgreSQL's own source", () => {
  let clusters: Clusters;
  let workspace: Workspace;
  let env: Record<string, string>;

  beforeAll(async () => {
    workspace = await makeWorkspace();
    clusters = await startClusters(tools);
    await fillRegressionDatabase(clusters, workspace);
    env = { DATABASE_URL: clusters.source.url(DATABASE) };
  }, 900_000);
  afterAll(async () => {
    await workspace?.remove();
    await stopClusters(clusters);
  });

  async function succeed(args: readonly string[]) {
    const finished = await workspace.run([...args, '--json'], env);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    return finished;
  }

  it('comes back as pg_restore brings it', async () => {
    const { source, ours, theirs } = clusters;
    await succeed(['backup']);
    await succeed(['restore', 'latest', '--create', '--roles', '--to', ours.url(DATABASE)]);
    const archive = join(workspace.folder, 'plain.dump');
    await copyPlainly({ from: source, to: theirs, database: DATABASE, archive });
    expect(await differences({ ...clusters, database: DATABASE, rowsMayMove: true })).toEqual([]);
  });

  it('is proven by a drill', async () => {
    expect((await succeed(['drill'])).json()).toMatchObject({ result: 'PASS' });
  });
});

/** Some tests differ on a server with other settings than theirs; the objects are made all the same. */
async function fillRegressionDatabase({ source }: Clusters, { folder }: Workspace): Promise<void> {
  if (tests === undefined) return;
  const output = join(folder, 'regress');
  await mkdir(join(output, 'results'), { recursive: true });
  await chmod(folder, 0o755);
  for (const path of [output, join(output, 'results')]) await chmod(path, 0o777);
  const files = [`--inputdir=${tests}`, `--dlpath=${tests}`, `--outputdir=${output}`];
  const server = [`--host=${source.host}`, '--port=5432', '--user=postgres'];
  const { stdout } = spawnSync(
    join(tests, 'pg_regress'),
    [
      `--bindir=${tools.directory}`,
      ...files,
      ...server,
      `--schedule=${join(tests, 'parallel_schedule')}`,
      '--max-connections=8',
      `--dbname=${DATABASE}`,
    ],
    { cwd: output, encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const [, failed = '0', all = '0'] = /(?:(\d+) of|All) (\d+) tests/.exec(stdout) ?? [];
  say(`pg_regress: ${all} tests, ${failed} of them with another output than expected`);
  expect(Number(all)).toBeGreaterThan(200);
  expect(Number(failed)).toBeLessThan(20);
}
