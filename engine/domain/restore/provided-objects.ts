import type { TocEntry } from '../archive-toc.ts';

/** What a role that is no superuser finds on its target, and may not change. */
export interface ProvidedObjects {
  /** Extensions of other owners. */
  extensions: readonly string[];
  /** Schemas that are there already. */
  schemas: readonly { name: string; isOwn: boolean }[];
  /** Roles whose default privileges this role may not change. */
  closedRoles: readonly string[];
}

const ABOUT_OBJECTS = new Set(['ACL', 'COMMENT', 'SECURITY LABEL']);

/**
 * The entries that such a restore leaves out: schemas that are there, and comments, grants and
 * labels of what belongs to others. pg_restore would stop at each of them.
 */
export function leftToProvider(
  toc: readonly TocEntry[],
  { extensions, schemas, closedRoles }: ProvidedObjects,
): TocEntry[] {
  const ids = new Set(toc.map(({ dumpId }) => dumpId));
  const present = toc.filter(
    ({ type, tag }) => type === 'SCHEMA' && schemas.some(({ name }) => name === tag),
  );
  const ofOthers = toc.filter(
    ({ type, tag }) =>
      (type === 'EXTENSION' && extensions.includes(tag)) ||
      (type === 'SCHEMA' && schemas.some(({ name, isOwn }) => name === tag && !isOwn)),
  );
  const ofOtherIds = new Set(ofOthers.map(({ dumpId }) => dumpId));
  const isOfOthers = ({ type, dependsOn }: TocEntry) =>
    ABOUT_OBJECTS.has(type) &&
    (dependsOn.some((id) => ofOtherIds.has(id)) ||
      // The members of an extension have no entry of their own.
      (type === 'ACL' && dependsOn.length > 0 && !dependsOn.some((id) => ids.has(id))));
  const isClosed = ({ type, owner }: TocEntry) =>
    type === 'DEFAULT ACL' && closedRoles.includes(owner);
  const left = toc.filter((entry) => isOfOthers(entry) || isClosed(entry));
  return [...present.filter(({ tag }) => tag !== 'public'), ...left];
}
