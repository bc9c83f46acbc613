import type { AwsConfig } from '../config/aws-schema.ts';
import { runsAfter } from '../config/cron.ts';
import type { Config } from '../config/schema.ts';
import type { SnapshotPlanConfig } from '../config/snapshot-plan-schema.ts';
import { databasesOfPlans } from '../config/vault-plans.ts';
import { scheduleMistakes } from './schedule-mistakes.ts';
import {
  allServers,
  inServerPolicies,
  MOST_SERVER_POLICIES,
  serversOf,
} from './snapshot-servers.ts';
import { regionOfAddress } from './stack-addresses.ts';

/** Snapshots by hand that RDS allows an account in a region, unless it was asked for more. */
const QUOTA = 100;

type StackConfig = Config & { aws: AwsConfig };

/** What the schema takes of snapshot plans and the stack can not do. */
export function snapshotMistakes(config: StackConfig, now: Date): string[] {
  const plans = Object.entries(config.snapshotPlans);
  return [
    ...plans.flatMap(([name, plan]) => [
      ...(/^[A-Za-z0-9_-]{1,60}$/.test(name)
        ? []
        : [`plans.${name}: can not name a snapshot: letters, digits, _ and -, 60 at most`]),
      ...scheduleMistakes({ name, plan }, now),
    ]),
    ...regionMistakes(config),
    ...serverMistakes(config),
  ];
}

/** The function that takes them works in one region, and copies from there. */
function regionMistakes(config: StackConfig): string[] {
  const plans = Object.values(config.snapshotPlans).map((plan) => ({ plan }));
  return databasesOfPlans(config, plans).flatMap(([name, database]) => {
    const actual = regionOfAddress(database);
    if (actual === undefined || actual === config.aws.region) return [];
    return [
      `databases.${name}: is in ${actual}, and the stack takes snapshots in ${config.aws.region}`,
    ];
  });
}

/** The role of that function names each server. */
function serverMistakes(config: StackConfig): string[] {
  const servers = allServers(config);
  const needed = inServerPolicies(servers).length;
  if (needed <= MOST_SERVER_POLICIES) return [];
  return [
    `plans: the ${servers.length} servers of snapshot plans fill ${needed} policies, and a role has room for ${MOST_SERVER_POLICIES}; make it two projects`,
  ];
}

export function snapshotNotes(config: StackConfig, now: Date): string[] {
  const plans = Object.values(config.snapshotPlans);
  const count = plans.reduce(
    (sum, plan) => sum + kept(plan, now) * serversOf(plan, config.databases).length,
    0,
  );
  if (count <= QUOTA) return [];
  return [
    `plans: more than ${QUOTA} snapshots will be kept, and RDS allows no more in a region unless you ask for it (Service Quotas)`,
  ];
}

/** How many times of its schedule lie within its keep, as far as it matters. */
function kept({ schedule, timezone, keep }: SnapshotPlanConfig, now: Date): number {
  const from = new Date(now.getTime() - keep.for * 1000);
  let count = 0;
  for (const time of runsAfter(schedule, { timezone, from })) {
    if (time > now || count > QUOTA) break;
    count += 1;
  }
  return count;
}
