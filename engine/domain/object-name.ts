/** What a stored object holds. The first four are of logical sets, the others of physical ones. */
export const OBJECT_ROLES = [
  'globals',
  'schema',
  'data',
  'part',
  'base',
  'base-manifest',
  'wal',
] as const;
export type ObjectRole = (typeof OBJECT_ROLES)[number];

/** Those that this version writes and restores. A set with another one would come back without it. */
export const RESTORED_ROLES: readonly ObjectRole[] = ['globals', 'schema', 'data'];

const EXTENSION: Record<ObjectRole, string> = {
  globals: 'sql',
  schema: 'dump',
  data: 'dump',
  part: 'copy',
  base: 'tar',
  'base-manifest': 'json',
  wal: 'wal',
};

/**
 * `data.dump.zst.esdk`, its next volume `data.2.dump.zst.esdk`: the suffixes name, from the right, what to undo:
 * the Encryption SDK message, zstd, and then what is left.
 */
export function objectName(
  role: ObjectRole,
  { volume, tag }: { volume: number; tag?: string },
): string {
  const stem = tag === undefined ? role : `${role}-${tag}`;
  return `${stem}${volume === 1 ? '' : `.${volume}`}.${EXTENSION[role]}.zst.esdk`;
}
