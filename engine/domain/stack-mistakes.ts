import { type AwsConfig, COLD_CLASS_MINIMUM_SECONDS } from '../config/aws-schema.ts';
import { databasesOf } from '../config/plan-scope.ts';
import type { RepositoryConfig } from '../config/repository-schema.ts';
import type { Config } from '../config/schema.ts';
import { databasesOfPlans, plansOfRepository, type VaultPlan } from '../config/vault-plans.ts';
import { drillMistakes } from './drill-mistakes.ts';
import { fileMistakes } from './file-mistakes.ts';
import { LARGEST_FLEET } from './fleet.ts';
import { loginMistakes } from './login-grants.ts';
import { nameMistakes } from './name-mistakes.ts';
import { scheduleMistakes } from './schedule-mistakes.ts';
import { snapshotMistakes, snapshotNotes } from './snapshot-mistakes.ts';
import {
  addressesOf,
  addressMistakes,
  restoreAddressesOf,
  restoreLoginMistakes,
} from './stack-addresses.ts';

const DAY = 86_400;
/** Verify has read a set and a drill may have restored it before it moves where reading takes hours. */
const SOONEST_COLD_SECONDS = 7 * DAY;
/** `-replica-trail` makes the longest name of a bucket beside the vault, which may have 63 letters. */
const BUCKET_LETTERS = 49;

export interface StackFindings {
  /** With them nothing is made: each line begins with the path of a setting. */
  mistakes: string[];
  /** Worth saying, and no reason to stop. */
  notes: string[];
}

/** Everything that the schema takes and that can not work in the stack, at once. */
export function stackFindings(
  config: Config & { aws: AwsConfig },
  { now }: { now: Date },
): StackFindings {
  const plans = plansOfRepository(config, config.aws.repository);
  const databases = databasesOfPlans(config, plans);
  const all = databases.map(([, database]) => database);
  return {
    mistakes: [
      ...nameMistakes(config, plans),
      ...vaultMistakes(config),
      ...replicaMistakes(config),
      ...networkMistakes(config.aws),
      ...(plans.length === 0 ? ['plans: none writes to the vault, so there is nothing to do'] : []),
      ...plans.flatMap((plan) => planMistakes(config, plan, now)),
      ...coldMistakes(config, plans),
      ...formerMistakes(config, plans),
      ...snapshotMistakes(config, now),
      ...databases.flatMap(([name, database]) => [
        ...addressMistakes(name, database),
        ...fileMistakes(name, database),
        ...restoreLoginMistakes(name, database),
      ]),
      ...drillMistakes(databases, now),
      ...plans.flatMap((plan) => standbyMistakes(config, plan)),
      ...loginMistakes(addressesOf(all), {
        region: config.aws.region,
        restoreAddresses: restoreAddressesOf(all),
      }),
    ],
    notes: [
      ...(config.ca === undefined
        ? []
        : ['ca: the stack does not use it: its functions and tasks speak to AWS services']),
      ...planNotes(config, plans),
      ...plans.flatMap((plan) => fleetNotes(config, plan)),
      ...snapshotNotes(config, now),
    ],
  };
}

function vaultMistakes({ repositories, aws }: Config & { aws: AwsConfig }): string[] {
  const vault = repositories[aws.repository];
  if (vault === undefined) return [`aws.repository: there is no repository "${aws.repository}"`];
  if (vault.bucket === undefined)
    return [`aws.repository: "${aws.repository}" is a folder; the vault is a bucket`];
  const at = `repositories.${aws.repository}`;
  return [
    ...(vault.bucket.length > BUCKET_LETTERS
      ? [
          `${at}.bucket: has ${vault.bucket.length} letters; ${BUCKET_LETTERS} leave room for the names of the buckets beside it`,
        ]
      : []),
    ...(vault.bucket.includes('.')
      ? [`${at}.bucket: has a dot, with which TLS to the bucket can not be checked`]
      : []),
    ...(vault.region !== undefined && vault.region !== aws.region
      ? [`${at}.region: is ${vault.region}, and the stack makes the bucket in ${aws.region}`]
      : []),
    ...foreignSettings(vault).map(
      (setting) => `${at}.${setting}: the stack makes the bucket, so this can not be chosen`,
    ),
  ];
}

const FOREIGN_SETTINGS = [
  'endpoint',
  'pathStyle',
  'sseKmsKey',
  'acceptOverwrites',
  'retention',
  'equalParts',
] as const;

function foreignSettings(vault: RepositoryConfig): string[] {
  return FOREIGN_SETTINGS.filter((setting) => vault[setting] !== undefined);
}

function replicaMistakes({ aws: { replica, region } }: { aws: AwsConfig }): string[] {
  if (replica === 'none') return [];
  const { bucketArn, keyArn, account } = replica;
  return [
    ...(replica.region === region
      ? ['aws.replica.region: is the region of the vault; what ends one ends the other']
      : []),
    ...((bucketArn === undefined) !== (keyArn === undefined)
      ? ['aws.replica: takes bucketArn and keyArn together']
      : []),
    ...(account !== undefined && bucketArn === undefined
      ? ['aws.replica.account: belongs to a bucketArn']
      : []),
  ];
}

function networkMistakes({
  network: { subnetIds, availabilityZones, routeTableIds, endpoints },
}: AwsConfig): string[] {
  const wrongCount = (of: readonly string[]) => of.length !== subnetIds.length;
  return [
    ...(wrongCount(availabilityZones)
      ? [
          `aws.network.availabilityZones: names ${availabilityZones.length} for ${subnetIds.length} subnets`,
        ]
      : []),
    ...(routeTableIds !== undefined && wrongCount(routeTableIds)
      ? [`aws.network.routeTableIds: names ${routeTableIds.length} for ${subnetIds.length} subnets`]
      : []),
    ...(endpoints && routeTableIds === undefined
      ? ['aws.network.routeTableIds: is needed with endpoints, for the one of S3']
      : []),
  ];
}

function planMistakes({ aws }: { aws: AwsConfig }, vaultPlan: VaultPlan, now: Date): string[] {
  const { name, keep } = vaultPlan;
  const at = `plans.${name}`;
  return [
    ...(/^[A-Za-z0-9_-]{1,60}$/.test(name)
      ? []
      : [`${at}: can not name a run: letters, digits, _ and -, 60 at most`]),
    ...(keep.for < aws.lock.days * DAY
      ? [
          `${at}.keep: the vault keeps ${days(keep.for)}, and aws.lock.days locks each object for ${aws.lock.days} days`,
        ]
      : []),
    ...scheduleMistakes(vaultPlan, now),
  ];
}

function coldMistakes({ aws }: { aws: AwsConfig }, plans: readonly VaultPlan[]): string[] {
  return Object.entries(aws.cold).flatMap(([name, { after, class: storageClass }]) => {
    const at = `aws.cold.${name}`;
    const keep = plans.find((plan) => plan.name === name)?.keep;
    if (keep === undefined) return [`${at}: there is no such plan that writes to the vault`];
    const least = after + COLD_CLASS_MINIMUM_SECONDS[storageClass];
    return [
      ...(after < SOONEST_COLD_SECONDS
        ? [
            `${at}.after: is ${days(after)}; a set is verified and drilled first, so 7 days at least`,
          ]
        : []),
      ...(keep.for < least
        ? [
            `${at}: the plan keeps ${days(keep.for)}; AWS charges ${storageClass} for ${days(least - after)} after ${days(after)}, so keep ${days(least)}`,
          ]
        : []),
    ];
  });
}

/** A plan that stays in the config and no longer writes to the vault has left it as well. */
function formerMistakes(
  { aws, snapshotPlans }: Config & { aws: AwsConfig },
  plans: readonly VaultPlan[],
): string[] {
  return aws.formerPlans
    .filter((name) => name in snapshotPlans || plans.some((plan) => plan.name === name))
    .map((name) => `aws.formerPlans: "${name}" is a plan of this config`);
}

function standbyMistakes(config: Config, { plan }: VaultPlan): string[] {
  if (plan.source !== 'replica') return [];
  return databasesOf(plan, config.databases).flatMap((name) => {
    const standby = config.databases[name]?.replica;
    return standby === undefined
      ? []
      : [
          ...addressMistakes(`${name}.replica`, standby),
          ...fileMistakes(`${name}.replica`, standby),
        ];
  });
}

function planNotes(config: Config & { aws: AwsConfig }, plans: readonly VaultPlan[]): string[] {
  const isOurs = (name: string) => plans.some((plan) => plan.name === name);
  const others = Object.keys(config.plans).filter((name) => !isOurs(name));
  return [
    ...others.map(
      (name) =>
        `plans.${name}: does not write to "${config.aws.repository}", so the stack does not run it`,
    ),
    ...plans
      .filter(({ plan }) => plan.schedule === undefined)
      .map(
        ({ name }) =>
          `plans.${name}: has no schedule, so it runs only when \`holdfast remote\` starts it`,
      ),
  ];
}

function fleetNotes({ databases }: Config, { name, plan }: VaultPlan): string[] {
  const count = databasesOf(plan, databases).length;
  if (count <= LARGEST_FLEET) return [];
  return [
    `plans.${name}: has ${count} databases; a run of more than ${LARGEST_FLEET} may end early when much fails: make it two plans`,
  ];
}

function days(seconds: number): string {
  const count = Math.round((seconds / DAY) * 10) / 10;
  return `${count} ${count === 1 ? 'day' : 'days'}`;
}
