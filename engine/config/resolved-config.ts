import { HOLDFAST_VERSION } from '../contract.ts';
import { type Authorities, withAuthorities } from './authorities.ts';
import type { AwsConfig } from './aws-schema.ts';
import type { Config } from './schema.ts';
import { databasesOfPlans, plansOfRepository } from './vault-plans.ts';

/** What tasks and Lambdas of the stack read instead of a holdfast.yaml: one object in S3, made at synth and checked there. */
export interface ResolvedConfig {
  /** The Holdfast that made it; its tasks and Lambdas are of the same one. */
  version: string;
  /** Durations in seconds, defaults filled in; the vault is the only repository. */
  config: Config;
  /** The public half of the break-glass pair as PEM: the file it stands in is on the machine of whoever deploys. */
  breakGlass: string | null;
}

export interface Travelling {
  breakGlass: string | null;
  authorities: Authorities;
}

/** As a config has it that tells nobody. */
const NOBODY = { email: [], https: [], sms: [] };

/**
 * What is of the deploying machine stays there: other repositories and their plans, keys, programs, channels of alerts. The text of certificates
 * travels. Databases of snapshot plans alone are in it for their servers; no task logs in to them. Whom the topics and the watchman outside tell, and who is called, is no business of tasks: they run what is in databases.
 */
export function resolveConfig(
  config: Config & { aws: AwsConfig },
  { breakGlass, authorities }: Travelling,
): ResolvedConfig {
  const { aws, project, repositories, snapshotPlans, objectives, runbook, diskFull } = config;
  const plans = plansOfRepository(config, aws.repository);
  const taken = [...plans, ...Object.values(snapshotPlans).map((plan) => ({ plan }))];
  const { bucket, prefix } = repositories[aws.repository] ?? {};
  const resolved = {
    project,
    databases: Object.fromEntries(
      databasesOfPlans(config, taken).map(([name, database]) => [
        name,
        withAuthorities(database, authorities),
      ]),
    ),
    repositories: { [aws.repository]: { bucket, prefix, region: aws.region } },
    plans: Object.fromEntries(
      plans.map(({ name, plan, keep }) => [
        name,
        { ...plan, keep, repositories: [{ name: aws.repository, keep }] },
      ]),
    ),
    keys: {},
    ...{ snapshotPlans, objectives, runbook, diskFull },
    aws: { ...aws, alerts: { critical: NOBODY, warning: NOBODY } },
  };
  return { version: HOLDFAST_VERSION, config: resolved, breakGlass };
}
