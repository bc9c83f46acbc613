import type { Places } from '../domain/access/touched-set.ts';
import { stackNames } from '../domain/stack-names.ts';
import type { Stack } from './from-stack.ts';

/** Where the sets of a stack lie: the vault and, where it has one, its replica. */
export function stackPlaces({ loaded: { config } }: Stack): Places {
  const { project, repositories } = config;
  const [{ bucket = '', prefix } = {}] = Object.values(repositories);
  return {
    project,
    buckets: [bucket, stackNames(project).replicaOf(bucket)],
    prefix: prefix === undefined ? '' : `${prefix}/`,
  };
}
