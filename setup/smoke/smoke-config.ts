import type { SmokeDatabase } from './database.ts';
import type { Identity } from './identity.ts';
import type { SmokeNetwork } from './network.ts';
import type { Settings } from './settings.ts';

/** Plans of the smoke test: one that works, one whose database has no secret, and one that nothing starts. */
export const SMOKE = {
  plan: 'smoke',
  broken: 'broken',
  forgotten: 'forgotten',
  database: 'smoke',
  absent: 'absent',
} as const;

/** The shortest lock there is. */
export const LOCK_DAYS = 1;

export interface SmokeConfigParts {
  settings: Settings;
  identity: Identity;
  network: SmokeNetwork;
  database: Pick<SmokeDatabase, 'secret' | 'securityGroups'> & { instance?: string };
  project: string;
  bucket: string;
}

/** A role or a user can be the break-glass role of the config; a federated session has no ARN in IAM. */
export function mayLiftLocks({ principalArn }: Identity): boolean {
  return /^arn:[\w-]+:iam:/.test(principalArn);
}

/** Short locks, and whoever runs this may lift it: all that lies in the buckets can be removed afterwards. */
export function smokeConfig({
  settings,
  identity,
  network,
  database,
  project,
  bucket,
}: SmokeConfigParts): object {
  const { region, replica } = settings;
  const { secret, instance, securityGroups } = database;
  return {
    project,
    databases: {
      [SMOKE.database]: {
        secret,
        region,
        ...(instance === undefined ? {} : { rds: { instance } }),
      },
      [SMOKE.absent]: { secret: `${project}/absent`, region, drill: { enabled: false } },
    },
    repositories: { cloud: { bucket, region } },
    plans: {
      [SMOKE.plan]: { schedule: '0 2 * * *', databases: [SMOKE.database], keep: '2d' },
      [SMOKE.broken]: { databases: [SMOKE.absent], keep: '2d' },
      [SMOKE.forgotten]: { databases: [SMOKE.database], maxAge: '1s', keep: '2d' },
    },
    aws: {
      account: identity.account,
      region,
      repository: 'cloud',
      replica: { region: replica },
      network: {
        ...network,
        isPublic: true,
        ...(securityGroups.length === 0 ? {} : { securityGroupIds: securityGroups }),
      },
      lock: { mode: 'governance', days: LOCK_DAYS },
      ...(mayLiftLocks(identity) ? { breakGlassRole: identity.principalArn } : {}),
    },
  };
}
