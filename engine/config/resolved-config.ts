import { HOLDFAST_VERSION } from '../contract.ts';
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

/** What is of the deploying machine stays there: other repositories and their plans, keys, programs, channels of alerts, files of authorities. */
export function resolveConfig(config: Config & { aws: AwsConfig }, { breakGlass }: { breakGlass: string | null }): ResolvedConfig {
  const { aws, project, repositories, objectives, contacts, heartbeatUrl, diskFull } = config;
  const plans = plansOfRepository(config, aws.repository);
  const { bucket, prefix } = repositories[aws.repository] ?? {};
  const resolved = {
    project,
    databases: Object.fromEntries(databasesOfPlans(config, plans).map(([name, { sslrootcert: _file, ...database }]) => [name, database])),
    repositories: { [aws.repository]: { bucket, prefix, region: aws.region } },
    plans: Object.fromEntries(
      plans.map(({ name, plan, keep }) => [name, { ...plan, keep, repositories: [{ name: aws.repository, keep }] }]),
    ),
    keys: {},
    ...{ objectives, contacts, heartbeatUrl, diskFull, aws },
  };
  return { version: HOLDFAST_VERSION, config: resolved, breakGlass };
}
