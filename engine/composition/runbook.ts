import { hostname } from 'node:os';
import { isDrilled } from '../config/database-schema.ts';
import type { PlanConfig } from '../config/plan-schema.ts';
import { databasesOf, destinationsOf } from '../config/plan-scope.ts';
import type { Config } from '../config/schema.ts';
import { databasesOfVault } from '../config/vault-plans.ts';
import { ENV, HOLDFAST_VERSION } from '../contract.ts';
import type {
  DatabaseFacts,
  KeyFacts,
  PlanFacts,
  RepositoryFacts,
  RunbookFacts,
  StackFacts,
} from '../domain/runbook/facts.ts';
import { NOT_MEASURED } from '../domain/runbook/measured.ts';
import { stackNames } from '../domain/stack-names.ts';
import { redactSecrets } from '../domain/text/redact-secrets.ts';
import type { NamedRepository } from '../operations/context.ts';
import { type MeasuredRecovery, measureRecovery } from '../operations/runbook/measure-recovery.ts';
import { describeLocalUser } from '../postgres/connection/local-account.ts';
import { systemClock } from './from-config.ts';
import { keyPlaceOf } from './key-ring.ts';
import type { LoadedConfig } from './load-config.ts';
import { repositoriesOf } from './repositories.ts';
import { configFacts, serverOf } from './runbook-config.ts';

/** What the recovery plan says of this installation: from the config, and as far as they answer from the repositories. */
export async function runbookFacts(loaded: LoadedConfig): Promise<RunbookFacts> {
  const { config } = loaded;
  const repositories = await repositoriesOf(loaded);
  const measured = await measureRecovery(
    { repositories, clock: systemClock },
    { databases: Object.keys(config.databases), counts: countsIn(config) },
  );
  return describeInstallation(loaded, { repositories, measured });
}

export interface Seen {
  repositories: readonly NamedRepository[];
  measured: MeasuredRecovery;
}

/** The facts, with what was measured. Asks nobody. */
export async function describeInstallation(
  loaded: LoadedConfig,
  { repositories, measured }: Seen,
): Promise<RunbookFacts> {
  const { config } = loaded;
  const places = repositories.map(({ name, repository: { location } }) => ({ name, location }));
  return {
    madeAt: systemClock.now(),
    holdfastVersion: HOLDFAST_VERSION,
    host: hostname(),
    user: describeLocalUser(),
    project: config.project,
    config: await configFacts(loaded),
    objectives: config.objectives ?? null,
    contacts: (config.contacts ?? []).map(({ name, role, phone = null, email = null }) => ({
      ...{ name, role, phone, email },
    })),
    review: { every: config.runbook?.review ?? null, last: config.runbook?.reviewed ?? null },
    databases: await Promise.all(
      Object.keys(config.databases).map((name) => databaseFacts(loaded, name, measured)),
    ),
    repositories: places.map((place) => repositoryFacts(config, place, measured)),
    keys: keyFacts(loaded),
    stack: stackFacts(config),
  };
}

/** Sets of plans that hold less than the database are no backup of it, where another plan holds it whole. */
function countsIn({ plans, databases }: Config): Parameters<typeof measureRecovery>[1]['counts'] {
  const whole = Object.entries(plans).filter(([, plan]) => isWholePlan(plan));
  return ({ plan, database }) => {
    const own = whole.filter(([, one]) => databasesOf(one, databases).includes(database));
    return own.length === 0 || own.some(([name]) => name === plan);
  };
}

function isWholePlan({ contents, tables, excludeTables }: PlanConfig): boolean {
  return contents === 'all' && tables === undefined && excludeTables === undefined;
}

async function databaseFacts(
  loaded: LoadedConfig,
  name: string,
  { databases: measured }: MeasuredRecovery,
): Promise<DatabaseFacts> {
  const { config, env } = loaded;
  const database = config.databases[name];
  if (database === undefined) throw new Error('a database of the config');
  const own = measured.get(name) ?? NOT_MEASURED;
  const place = await serverOf(loaded, name);
  const byUrl = database.fromEnvironment === true && Boolean(env[ENV.restoreDatabaseUrl]);
  const { instance, cluster } = database.rds ?? {};
  const rds =
    instance !== undefined
      ? { kind: 'instance' as const, id: instance }
      : cluster !== undefined
        ? { kind: 'cluster' as const, id: cluster }
        : null;
  const inVault = config.aws === undefined ? [] : databasesOfVault(config, config.aws);
  return {
    name,
    ...place,
    realName: place.realName ?? own.newest?.realName ?? null,
    hasRestoreLogin: database.restoreAs !== undefined || byUrl,
    isDrilled: isDrilled(database.drill),
    isOnly: Object.keys(config.databases).length === 1,
    plans: plansOf(config, name),
    isInStack: inVault.some(([known]) => known === name),
    rds,
    measured: own,
  };
}

function plansOf({ plans, databases, repositories }: Config, database: string): PlanFacts[] {
  return Object.entries(plans)
    .filter(([, plan]) => databasesOf(plan, databases).includes(database))
    .map(([name, plan]) => ({
      name,
      schedule: plan.schedule ?? null,
      timezone: plan.timezone,
      isWhole: isWholePlan(plan),
      repositories: destinationsOf(plan, repositories).map((one) => one.name),
    }));
}

function repositoryFacts(
  { repositories }: Config,
  { name, location }: { name: string; location: string },
  { problems }: MeasuredRecovery,
): RepositoryFacts {
  const { bucket, prefix, region, endpoint, profile } = repositories[name] ?? {};
  const problem = problems.get(name);
  return {
    name,
    location: redactSecrets(location),
    store:
      bucket === undefined
        ? { kind: 'folder' }
        : {
            kind: 'bucket',
            bucket,
            prefix: prefix ?? null,
            region: region ?? null,
            endpoint: endpoint === undefined ? null : redactSecrets(endpoint),
            profile: profile ?? null,
          },
    problem: problem === undefined ? null : redactSecrets(problem),
  };
}

function keyFacts(loaded: LoadedConfig): KeyFacts {
  const { kms, keyFile, breakGlass } = keyPlaceOf(loaded);
  const isText = breakGlass?.includes('-----BEGIN ') ?? false;
  return {
    kms: kms ?? null,
    keyFile: keyFile ?? null,
    breakGlass: isText ? 'inline' : (breakGlass ?? null),
  };
}

function stackFacts({ aws, project, repositories }: Config): StackFacts | null {
  if (aws === undefined) return null;
  const { bucket = '' } = repositories[aws.repository] ?? {};
  const { replica } = aws;
  const names = stackNames(project);
  return {
    account: aws.account ?? null,
    region: aws.region,
    vault: aws.repository,
    keyAlias: names.envelopeAlias,
    replica:
      replica === 'none'
        ? null
        : {
            bucket: replica.bucketArn?.split(':').at(-1) ?? names.replicaOf(bucket),
            region: replica.region,
            account: replica.account ?? null,
          },
  };
}
