import { callerIdentity } from '../adapters/access/caller-identity.ts';
import type { Places } from '../domain/access/touched-set.ts';
import { stackNames } from '../domain/stack-names.ts';
import type { Trail } from '../operations/access/list-accesses.ts';
import { openBucket } from './bucket.ts';
import type { LoadedConfig } from './load-config.ts';
import { awsOf } from './remote.ts';

export interface Trails {
  trails: Trail[];
  places: Places;
  account: string;
}

/** The trails that the stack made of vault and replica, read with the caller's own credentials. @throws HoldfastError USAGE, CREDENTIALS. */
export async function trailsOf(loaded: LoadedConfig): Promise<Trails> {
  const { account, region, replica, repository } = awsOf(loaded);
  const { env, config } = loaded;
  const {
    bucket: vault = '',
    prefix,
    profile,
    endpoint,
    pathStyle,
  } = config.repositories[repository] ?? {};
  const copy = stackNames(config.project).replicaOf(vault);
  const hasReplica = replica !== 'none' && replica.bucketArn === undefined;
  const places = [
    { about: vault, region },
    ...(hasReplica ? [{ about: copy, region: replica.region }] : []),
  ];
  return {
    trails: places.map((place) => {
      const bucket = stackNames(config.project).trailOf(place.about);
      const options = { bucket, region: place.region, profile, endpoint, pathStyle };
      return { bucket, region: place.region, files: openBucket(options, env) };
    }),
    places: {
      project: config.project,
      buckets: [vault, copy],
      prefix: prefix === undefined ? '' : `${prefix}/`,
    },
    account: account ?? (await callerIdentity({ env, region })).account,
  };
}
