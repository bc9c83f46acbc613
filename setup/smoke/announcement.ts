import type { Identity } from './identity.ts';
import { KEY_DAYS, PRIMARY_DAYS } from './key-removal.ts';
import type { Settings } from './settings.ts';
import { mayLiftLocks } from './smoke-config.ts';

export interface AnnouncementParts {
  settings: Settings;
  identity: Identity;
  project: string;
  bucket: string;
}

/** What it will make, what that costs, and what will be left: said before anything is made. */
export function announcement({ settings, identity, project, bucket }: AnnouncementParts): string {
  const { region, replica, databaseSecret } = settings;
  const database =
    databaseSecret === undefined
      ? 'a db.t4g.micro of RDS, empty (HOLDFAST_SMOKE_DATABASE_SECRET names another)'
      : `the database of ${databaseSecret}`;
  return `Holdfast smoke test in account ${identity.account}, ${region} and ${replica}, as ${identity.principalArn}.
It makes: project ${project} (four stacks), buckets ${bucket}*, their KMS keys, two queues, ${database}; cdk bootstrap where that is missing.
It costs: about 1 US dollar (alarms, RDS and keys by the hour, some minutes of Fargate), 3 at most; it takes about an hour. Docker has to run, to build the image.
It locks: every object by governance, for a day, and those of the trail for six years. ${lifting(identity)}
It leaves: the keys, waiting for deletion and free of charge: ${KEY_DAYS} days, the one that has a copy in ${replica} ${PRIMARY_DAYS}; an EventBridge rule in ${replica}, free of charge and without a role; the stacks CDKToolkit, with an image and assets of Holdfast in them. HOLDFAST_SMOKE_KEEP=1 leaves everything.
`;
}

function lifting(identity: Identity): string {
  return mayLiftLocks(identity)
    ? 'You are the break-glass role of this installation: locks are lifted at the end.'
    : 'Only the break-glass role that it makes may lift locks: the buckets stay. Run it as a role or a user to have them removed.';
}
