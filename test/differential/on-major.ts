import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Toolset } from '../../engine/postgres/tools.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { type Clusters, startClusters, stopClusters } from './clusters.ts';
import { announce, faultsOf } from './report.ts';
import { runSeed } from './run-seed.ts';

/** One test a seed, inside `describe`: all of them share three clusters of the major. */
export function testSeeds(
  title: string,
  { tools, seeds }: { tools: Toolset; seeds: readonly number[] },
): void {
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

  it.each(seeds)(title, async (seed) => {
    const result = await runSeed({ clusters, workspace, seed });
    announce(result, tools);
    const faults = faultsOf(result, tools);
    if (faults.length > 0) process.stderr.write(`${faults.join('\n')}\n`);
    expect(faults).toEqual([]);
  });
}
