import { isDrilled } from '../config/database-schema.ts';
import { databasesOf, destinationsOf } from '../config/plan-scope.ts';
import type { Config } from '../config/schema.ts';
import { namedPlans } from '../config/vault-plans.ts';
import { type Expectation, type Finding, finding, type SeenSet } from '../domain/finding.ts';
import { maxAgeOf } from '../domain/freshness.ts';
import { judgeHidden } from '../domain/health/hidden.ts';
import { judgeObjectives } from '../domain/health/objectives.ts';
import { judgeReplicationOfSets } from '../domain/health/replication.ts';
import { type HiddenPlace, hiddenPlace } from '../domain/repository/hidden-place.ts';
import { describePlace } from '../domain/set/set-not-found.ts';
import { isWorse, type Severity, worstOf } from '../domain/severity.ts';
import { judgeUnnamed } from '../domain/unnamed-plans.ts';
import { judgeDisk, judgeRepository, judgeUnreachable } from '../domain/verdict.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { HiddenFolder } from '../ports/repository.ts';
import { askedPlace } from './catalog/asked-places.ts';
import { checkSettings, type VaultSurroundings } from './check/check-settings.ts';
import { explainReplication } from './check/explain-replication.ts';
import { explainSets } from './check/explain-sets.ts';
import type { Context, NamedRepository } from './context.ts';
import { surveyRepository } from './survey-repository.ts';

export interface CheckResult {
  /** The worst of all findings. */
  status: Severity;
  checkedAt: Date;
  /** The worst first, then in the order of the config. */
  findings: Finding[];
  /** The sets of each repository that answered, oldest first, without those that were released. */
  seen: ReadonlyMap<string, readonly SeenSet[]>;
}

/** What was found beside it, in its place among the rest. */
export function withFindings(result: CheckResult, more: readonly Finding[]): CheckResult {
  const findings = [...result.findings, ...more].sort(worstFirst);
  return { ...result, findings, status: worstOf(findings.map(({ severity }) => severity)) };
}

export type CheckedConfig = Pick<
  Config,
  'plans' | 'databases' | 'repositories' | 'diskFull' | 'aws' | 'objectives' | 'project'
>;

/**
 * The health of every plan in every repository. Needs no key and writes nothing, so a read-only copy can be checked too. A repository
 * that can't be read is a finding, and never hides the others.
 * @throws HoldfastError CONFIG_INVALID when there is nothing to check.
 */
export async function check(
  { repositories, clock }: Pick<Context, 'repositories' | 'clock'>,
  config: CheckedConfig,
  { beginOf = () => undefined, asksVault = true, surroundings }: CheckOptions = {},
): Promise<CheckResult> {
  const now = clock.now();
  assertSomethingToCheck(config);
  const seen = new Map<string, readonly SeenSet[]>();
  const found = await Promise.all(
    repositories.map((place) =>
      checkRepository(place, { config, now, beginOf, seen, asksVault, surroundings }),
    ),
  );
  const findings = found.flat().sort(worstFirst);
  return {
    status: worstOf(findings.map(({ severity }) => severity)),
    checkedAt: now,
    findings,
    seen,
  };
}

export interface CheckOptions {
  /** Since when a plan is to have sets of a database: until it is as old as its sets may be, none need be there. */
  beginOf?: (plan: string, database: string) => Date | undefined;
  /** Whether the vault of a stack is asked how it is set up; unless said otherwise it is. */
  asksVault?: boolean;
  /** What belongs to the vault of a stack; nothing is asked of its replica without. */
  surroundings?: VaultSurroundings | undefined;
}

interface RepositoryCheck extends Required<CheckOptions> {
  config: CheckedConfig;
  now: Date;
  seen: Map<string, readonly SeenSet[]>;
}

async function checkRepository(
  place: NamedRepository,
  { config, now, beginOf, seen, asksVault, surroundings }: RepositoryCheck,
): Promise<Finding[]> {
  const { name } = place;
  const expectations = expectationsOf(config, { repository: name, now }).map((one) =>
    withGrace(one, beginOf),
  );
  try {
    const hidden: HiddenPlace[] = [];
    const onHidden = (folder: HiddenFolder) => hidden.push(hiddenPlace(folder));
    const plans = new Map(Object.entries(config.plans));
    const surveyed = await surveyRepository(place.repository, { plans, now, onHidden });
    const explained = await explainSets(place.repository, { sets: surveyed, now });
    const sets = hasReplica(name, config)
      ? await explainReplication(place.repository, explained)
      : explained;
    seen.set(name, sets);
    const rtoSeconds = config.objectives?.rto;
    const view = {
      repository: name,
      sets,
      expectations,
      drills: drillsOf(config),
      rtoSeconds,
      now,
    };
    const unnamed = judgeUnnamed(sets, { repository: name, named: namedPlans(config, name) });
    return [
      ...judgeRepository(view),
      ...judgeObjectivesOf(config, { repository: name, now }),
      ...unnamed,
      ...judgeHidden(hidden, { repository: name }),
      ...(sets.length === 0 ? await checkPresence(place) : []),
      ...(await checkDisk(place, config)),
      ...judgeReplicationOfSets(sets, { repository: name, now, namesRefusals: asksVault }),
      ...(await checkSettings(place, { config, asksVault, surroundings })),
    ];
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return judgeUnreachable(error, { repository: name, expectations });
  }
}

function hasReplica(repository: string, { aws }: CheckedConfig): boolean {
  return aws?.repository === repository && aws.replica !== 'none';
}

function judgeObjectivesOf(
  { plans, databases, repositories }: CheckedConfig,
  { repository, now }: { repository: string; now: Date },
): Finding[] {
  return Object.entries(databases).flatMap(([database, { drill }]) => {
    const own = Object.entries(plans).filter(
      ([, plan]) =>
        databasesOf(plan, databases).includes(database) &&
        destinationsOf(plan, repositories).some(({ name }) => name === repository),
    );
    return judgeObjectives({ database, repository, plans: Object.fromEntries(own), drill, now });
  });
}

/** Where nothing was seen: a folder that is not there is a wrong path, or a disk that is not mounted. */
async function checkPresence({ name, repository }: NamedRepository): Promise<Finding[]> {
  const place = await askedPlace(repository);
  const isUnmounted = place.mount?.isMounted === false;
  if (place.presence === 'filled' || (place.presence === 'empty' && !isUnmounted)) return [];
  return [
    finding(
      { plan: null, database: null, repository: name },
      {
        verdict: 'absent',
        severity: 'warning',
        detail: `there are no sets in ${describePlace(place)}`,
        hint: isUnmounted
          ? 'Mount the disk: the next backup would go to the one below it.'
          : 'Check the path in the config, and that its disk is mounted: the next backup makes the folder where it is not.',
      },
    ),
  ];
}

function withGrace(expected: Expectation, beginOf: Required<CheckOptions>['beginOf']): Expectation {
  const begin = beginOf(expected.plan, expected.database);
  if (begin === undefined || expected.maxAgeSeconds === undefined) return expected;
  return { ...expected, graceUntil: new Date(begin.getTime() + expected.maxAgeSeconds * 1000) };
}

async function checkDisk(
  { name, repository }: NamedRepository,
  { diskFull }: CheckedConfig,
): Promise<Finding[]> {
  try {
    const disk = await repository.freeSpace();
    return disk === undefined ? [] : [judgeDisk(disk, { repository: name, diskFull })];
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const { message: detail, hint = null } = error;
    return [
      finding(
        { plan: null, database: null, repository: name },
        { verdict: 'disk', severity: 'unknown', detail, hint },
      ),
    ];
  }
}

/** What the plans promise of one repository. */
export function expectationsOf(
  { plans, databases, repositories }: CheckedConfig,
  { repository, now }: { repository: string; now: Date },
): Expectation[] {
  return Object.entries(plans).flatMap(([plan, settings]) => {
    if (!destinationsOf(settings, repositories).some(({ name }) => name === repository)) return [];
    const maxAgeSeconds = maxAgeOf(settings, now);
    return databasesOf(settings, databases).map((database) => ({
      ...{ plan, database, maxAgeSeconds },
      expectsEmpty: databases[database]?.expectEmpty ?? false,
    }));
  });
}

function drillsOf({ databases }: CheckedConfig) {
  return Object.fromEntries(
    Object.entries(databases).map(([name, { drill }]) => [
      name,
      { isEnabled: isDrilled(drill), maxAgeSeconds: drill.maxAge, off: drill.off },
    ]),
  );
}

/** Silence about nothing would look like health. */
function assertSomethingToCheck({ plans, databases }: CheckedConfig): void {
  if (Object.keys(plans).length > 0 && Object.keys(databases).length > 0) return;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: 'the config names no database and plan, so there is nothing to check',
    hint: 'Set DATABASE_URL, or give a config file with --config.',
  });
}

function worstFirst(one: Finding, other: Finding): number {
  if (one.severity === other.severity) return 0;
  return isWorse(one.severity, other.severity) ? -1 : 1;
}
