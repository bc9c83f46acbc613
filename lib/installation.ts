import type { AwsConfig } from '../engine/config/aws-schema.ts';
import type { Config } from '../engine/config/schema.ts';
import { plansOfRepository, type VaultPlan } from '../engine/config/vault-plans.ts';
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
export function installationOf(config: Config & { aws: AwsConfig }, { account }: { account: string }): Installation {
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

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** The ARN of a role by its name. */
export function roleArn({ partition, account }: Installation, name: string): string {
  return `arn:${partition}:iam::${account}:role/${name}`;
}

export function breakGlassArn(installation: Installation): string {
  return installation.aws.breakGlassRole ?? roleArn(installation, installation.names.resource('break-glass'));
}

export function bucketArn({ partition }: Installation, bucket: string): string {
  return `arn:${partition}:s3:::${bucket}`;
}
