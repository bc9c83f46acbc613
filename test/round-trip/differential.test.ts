import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ONCE_DIFFERENT } from '../differential/cases.ts';
import { announce, faultsOf } from '../differential/report.ts';
import { type Clusters, runSeed, startClusters, stopClusters } from '../differential/run-seed.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

describe.each(inject('postgres').majors)('on PostgreSQL $major a random schema', (tools) => {
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

  /** The same in every run, so that a change is judged by itself; `npm run test:long` takes new ones. */
  const seeds = [tools.major, ...(ONCE_DIFFERENT[tools.major] ?? [])];

  it.each(seeds)('of seed %i comes back as pg_restore brings it, and is proven', async (seed) => {
    const result = await runSeed({ clusters, workspace, seed });
    announce(result, tools);
    expect(faultsOf(result, tools)).toEqual([]);
  });
});
