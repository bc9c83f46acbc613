import type { DatabaseConfig } from './database-schema.ts';
import type { KeepConfig, PlanConfig } from './plan-schema.ts';
import type { Config } from './schema.ts';

/** A plan that writes to the vault. */
export interface VaultPlan {
  name: string;
  plan: PlanConfig;
  /** How long the vault keeps its sets. */
  keep: KeepConfig;
}

/** The plans of a config that write to one repository. */
export function plansOfRepository({ plans, repositories }: Config, repository: string): VaultPlan[] {
  return Object.entries(plans).flatMap(([name, plan]) => {
    const destinations = plan.repositories ?? Object.keys(repositories).map((only) => ({ name: only, keep: undefined }));
    const destination = destinations.find((one) => one.name === repository);
    return destination === undefined ? [] : [{ name, plan, keep: destination.keep ?? plan.keep }];
  });
}

/** The databases that some of these plans dump, in the order of the config. */
export function databasesOfPlans({ databases }: Config, plans: readonly VaultPlan[]): [name: string, database: DatabaseConfig][] {
  const isDumped = (name: string) => plans.some(({ plan }) => plan.databases === 'all' || plan.databases.includes(name));
  return Object.entries(databases).filter(([name]) => isDumped(name));
}
