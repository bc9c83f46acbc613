import type { AwsConfig } from './aws-schema.ts';
import type { DatabaseConfig } from './database-schema.ts';
import type { KeepConfig, PlanConfig } from './plan-schema.ts';
import { destinationsOf, takesDatabase } from './plan-scope.ts';
import type { Config } from './schema.ts';
import type { SnapshotPlanConfig } from './snapshot-plan-schema.ts';

/** A plan that writes to the vault. */
export interface VaultPlan {
  name: string;
  plan: PlanConfig;
  /** How long the vault keeps its sets. */
  keep: KeepConfig;
}

/** The plans of a config that write to one repository. */
export function plansOfRepository(
  { plans, repositories }: Pick<Config, 'plans' | 'repositories'>,
  repository: string,
): VaultPlan[] {
  return Object.entries(plans).flatMap(([name, plan]) => {
    const destination = destinationsOf(plan, repositories).find((one) => one.name === repository);
    return destination === undefined ? [] : [{ name, plan, keep: destination.keep }];
  });
}

/** The databases that some of these plans take, in the order of the config. */
export function databasesOfPlans(
  { databases }: Pick<Config, 'databases'>,
  plans: readonly { plan: Pick<PlanConfig | SnapshotPlanConfig, 'databases'> }[],
): [name: string, database: DatabaseConfig][] {
  return Object.entries(databases).filter(([name]) =>
    plans.some(({ plan }) => takesDatabase(plan, name)),
  );
}

/** The databases that the stack has a login for: those of the plans that write to its vault. A snapshot needs none. */
export function databasesOfVault(
  config: Pick<Config, 'databases' | 'plans' | 'repositories'>,
  { repository }: Pick<AwsConfig, 'repository'>,
): [name: string, database: DatabaseConfig][] {
  return databasesOfPlans(config, plansOfRepository(config, repository));
}

/**
 * The plans whose sets may go from a repository. The vault removes below the prefixes of these alone, so that sets of any other plan stay
 * whatever is said of them; undefined where the repository is not the vault of a stack.
 */
export function namedPlans(
  config: Pick<Config, 'plans' | 'repositories' | 'aws'>,
  repository: string,
): ReadonlySet<string> | undefined {
  if (config.aws?.repository !== repository) return undefined;
  return new Set([
    ...plansOfRepository(config, repository).map(({ name }) => name),
    ...config.aws.formerPlans,
  ]);
}
