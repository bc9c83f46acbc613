import { decideSnapshots } from '../domain/snapshot-retention.ts';
import { type SnapshotContext, surveySnapshots } from './snapshot-context.ts';

export interface ReleasedSnapshots {
  kept: number;
  /** ARNs of those that were tagged now. */
  released: string[];
}

/**
 * Tags what retention lets go, in both regions; another function, with another role, removes it a week later. Nothing is let go unless
 * both regions answer. @throws HoldfastError SERVICE_FAILED, ACCESS_DENIED, CREDENTIALS. What is left is released by the next run.
 */
export async function releaseSnapshots(context: SnapshotContext): Promise<ReleasedSnapshots> {
  const { config, own, replica, clock } = context;
  const keeps = new Map(
    Object.entries(config.snapshotPlans).map(([name, { keep }]) => [name, keep]),
  );
  const rules = { keeps, isCopied: replica !== undefined, now: clock.now() };
  const decisions = decideSnapshots(await surveySnapshots(context), rules);
  const released: string[] = [];
  for (const { pair, toRelease } of decisions) {
    for (const snapshot of toRelease) {
      await (snapshot === pair.own ? own : (replica ?? own)).release(snapshot, rules.now);
      released.push(snapshot.arn);
    }
  }
  return { kept: decisions.filter(({ action }) => action === 'keep').length, released };
}
