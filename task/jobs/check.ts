import type { Stack } from '../../engine/composition/from-stack.ts';
import { stackSnapshots } from '../../engine/composition/stack-snapshots.ts';
import { stackVault } from '../../engine/composition/stack-vault.ts';
import { checkDocument } from '../../engine/domain/check-document.ts';
import { CHECK_EXIT } from '../../engine/domain/exit-status.ts';
import type { Finding } from '../../engine/domain/finding.ts';
import { scoreDatabases } from '../../engine/operations/check/score-databases.ts';
import { check, withFindings } from '../../engine/operations/check.ts';
import { checkSnapshots } from '../../engine/operations/check-snapshots.ts';
import type { Done, Surroundings } from './job.ts';

/** For a person who asks; the function `check` is the watchman, and tells. */
export async function checkJob({ stack }: Surroundings): Promise<Done> {
  const { vault, clock } = await stackVault(stack);
  const { config } = stack.loaded;
  const inRds = await snapshotsOf(stack);
  const result = withFindings(
    await check({ repositories: [vault], clock }, config, { asksVault: false }),
    inRds.findings,
  );
  const scorecard = await scoreDatabases(result, { repositories: [vault], config });
  return {
    result: checkDocument(result, scorecard),
    notes: inRds.notes,
    measurements: [],
    exitStatus: CHECK_EXIT[result.status],
  };
}

interface SeenInRds {
  findings: readonly Finding[];
  notes: readonly string[];
}

/** Endpoints in the VPC stand for subnets without a way out, and the other region has none there. */
async function snapshotsOf(stack: Stack): Promise<SeenInRds> {
  const snapshots = stackSnapshots(stack);
  if (snapshots === undefined) return { findings: [], notes: [] };
  const names = Object.keys(snapshots.config.snapshotPlans).join(', ');
  if (stack.loaded.config.aws?.network.endpoints)
    return {
      findings: [],
      notes: [
        `snapshot plans (${names}) are judged by the function check alone: tasks have no way to RDS here`,
      ],
    };
  const { findings } = await checkSnapshots(snapshots, { beginOf: () => undefined });
  return { findings, notes: [] };
}
