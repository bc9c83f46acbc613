import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { announce, faultsOf, firstSeed } from '../differential/report.ts';
import { type Clusters, runSeed, startClusters, stopClusters } from '../differential/run-seed.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const SEEDS = 200;
const { majors } = inject('postgres');
const isRepeated = process.env.HOLDFAST_SEED !== undefined;
const each = isRepeated ? 1 : Math.ceil(SEEDS / majors.length);
const first = firstSeed();

describe.each(
  majors.map((tools, index) => ({ ...tools, index })),
)('on PostgreSQL $major random schemas', ({ index, ...tools }) => {
  let workspace: Workspace;
  let clusters: Clusters;

  beforeAll(async () => {
    workspace = await makeWorkspace();
    clusters = await startClusters(tools);
  });
  afterAll(async () => {
    await workspace.remove();
    await stopClusters(clusters);
  });

  const from = isRepeated ? first : first + index * each;
  const seeds = Array.from({ length: each }, (_, number) => from + number);

  it.each(seeds)('of seed %i come back as pg_restore brings them', async (seed) => {
    const result = await runSeed({ clusters, workspace, seed });
    announce(result, tools);
    expect(faultsOf(result, tools)).toEqual([]);
  });
});
