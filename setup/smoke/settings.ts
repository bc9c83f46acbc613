import { Refusal } from './refusal.ts';

/** What the environment asks for. */
export interface Settings {
  account: string | undefined;
  region: string;
  replica: string;
  /** A secret in the format of RDS; else a small instance of RDS is made, and removed. */
  databaseSecret: string | undefined;
  /** Security groups that the database of the secret lets in. */
  securityGroups: string[] | undefined;
  /** Whether AWS_ENDPOINT_URL names a stand-in. */
  isLocal: boolean;
  /** What is made stays, to be looked at. */
  isKept: boolean;
}

/** @throws Refusal where no region is named. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (!region)
    throw new Refusal('No region is set. Type: AWS_REGION=eu-central-1 npm run smoke:aws');
  return {
    account: env.HOLDFAST_SMOKE_ACCOUNT,
    region,
    replica:
      env.HOLDFAST_SMOKE_REPLICA_REGION ?? (region === 'eu-west-1' ? 'eu-central-1' : 'eu-west-1'),
    databaseSecret: env.HOLDFAST_SMOKE_DATABASE_SECRET,
    securityGroups: env.HOLDFAST_SMOKE_SECURITY_GROUPS?.split(','),
    isLocal: env.AWS_ENDPOINT_URL !== undefined,
    isKept: env.HOLDFAST_SMOKE_KEEP === '1',
  };
}
