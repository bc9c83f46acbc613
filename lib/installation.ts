import type { AwsConfig } from '../engine/config/aws-schema.ts';
import { isDrilledAfterBackup } from '../engine/config/database-schema.ts';
import { databasesOf } from '../engine/config/plan-scope.ts';
import type { Config } from '../engine/config/schema.ts';
import { plansOfRepository, type VaultPlan } from '../engine/config/vault-plans.ts';
import { partitionOf } from '../engine/domain/aws-region.ts';
import { ownValue } from '../engine/domain/text/own-value.ts';
import { Names } from './names.ts';

/** What all stacks of one project know. */
export interface Installation {
  config: Config;
  aws: AwsConfig;
  account: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  partition: string;
  names: Names;
  /** Where in the vault the sets live: nothing, or a prefix with its closing slash. */
  vaultPrefix: string;
  plans: VaultPlan[];
}

/** A config that `stackFindings` found no mistake in. */
export function installationOf(
  config: Config & { aws: AwsConfig },
  { account }: { account: string },
): Installation {
  const { aws, project } = config;
  const { bucket = '', prefix } = config.repositories[aws.repository] ?? {};
  return {
    config,
    aws,
    account,
    partition: partitionOf(aws.region),
    names: new Names({ project, bucket }),
    vaultPrefix: prefix === undefined ? '' : `${prefix}/`,
    plans: plansOfRepository(config, aws.repository),
  };
}

/** Whether it has plans of kind `snapshot`. */
export function hasSnapshots({ config }: Pick<Installation, 'config'>): boolean {
  return Object.keys(config.snapshotPlans).length > 0;
}

/** Whether it has sets of a database drilled behind their verification. */
export function drillsAfterBackup({ config, plans }: Installation): boolean {
  return plans.some(({ plan }) =>
    databasesOf(plan, config.databases).some((name) => {
      const drill = ownValue(config.databases, name)?.drill;
      return drill !== undefined && isDrilledAfterBackup(drill, plan);
    }),
  );
}

/** The ARN of a role by its name. */
export function roleArn({ partition, account }: Installation, name: string): string {
  return `arn:${partition}:iam::${account}:role/${name}`;
}

export function breakGlassArn(installation: Installation): string {
  return (
    installation.aws.breakGlassRole ??
    roleArn(installation, installation.names.resource('break-glass'))
  );
}

export function bucketArn({ partition }: Installation, bucket: string): string {
  return `arn:${partition}:s3:::${bucket}`;
}

/** The home of the stacks, and that of the replica. */
export function regionsOf({ aws: { region, replica } }: Installation): string[] {
  return replica === 'none' ? [region] : [region, replica.region];
}

/** Each region has a trail of the same name. */
export function trailArn({ partition, account, names }: Installation, region: string): string {
  return `arn:${partition}:cloudtrail:${region}:${account}:trail/${names.resource('trail')}`;
}
