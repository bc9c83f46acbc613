import type { KeepConfig, PlanConfig } from './plan-schema.ts';
import type { SnapshotPlanConfig } from './snapshot-plan-schema.ts';

type Scoped = Pick<PlanConfig | SnapshotPlanConfig, 'databases'>;

/** The databases that a plan takes, by name. @param databases those of the config. */
export function databasesOf(
  { databases: wished }: Scoped,
  databases: Readonly<Record<string, unknown>>,
): readonly string[] {
  return wished === 'all' ? Object.keys(databases) : wished;
}

export function takesDatabase({ databases: wished }: Scoped, database: string): boolean {
  return wished === 'all' || wished.includes(database);
}

interface Wish extends Pick<PlanConfig, 'contents'> {
  tables?: readonly string[] | undefined;
  excludeTables?: readonly string[] | undefined;
}

/** What each plan of a database takes, by its name. */
export function wishesOf(
  plans: Readonly<Record<string, Scoped & Partial<Wish>>>,
  database: string,
): Record<string, Wish> {
  const own = Object.entries(plans).filter(([, plan]) => takesDatabase(plan, database));
  return Object.fromEntries(
    own.map(([name, { contents = 'all', tables, excludeTables }]) => [
      name,
      { contents, tables, excludeTables },
    ]),
  );
}

/** A repository that a plan writes to, and how long it keeps the plan's sets. */
export interface Destination {
  name: string;
  keep: KeepConfig;
}

/** @param repositories those of the config, of which a plan that names none means the only one. */
export function destinationsOf(
  plan: Pick<PlanConfig, 'repositories' | 'keep'>,
  repositories: Readonly<Record<string, unknown>>,
): Destination[] {
  const chosen =
    plan.repositories ?? Object.keys(repositories).map((name) => ({ name, keep: undefined }));
  return chosen.map(({ name, keep }) => ({ name, keep: keep ?? plan.keep }));
}

/** How long a plan keeps its sets in one repository; one that it does not name keeps by the plan's own `keep`. */
export function keepIn(
  plan: Pick<PlanConfig, 'repositories' | 'keep'>,
  repository: string,
): KeepConfig {
  return plan.repositories?.find(({ name }) => name === repository)?.keep ?? plan.keep;
}
