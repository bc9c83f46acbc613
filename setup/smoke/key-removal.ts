import { isGone } from './absent.ts';
import type { Place } from './stack-removal.ts';

/** The least that KMS waits. */
export const KEY_DAYS = 7;
/** A primary waits for its copy to be gone, and begins to wait for itself then. */
export const PRIMARY_DAYS = 2 * KEY_DAYS;

export interface NamedKey {
  region: string;
  alias?: string;
  id: string;
}

interface Page {
  Aliases: { AliasName: string; TargetKeyId?: string }[];
  Truncated?: boolean;
  NextMarker?: string;
}

/** Keys of a project, by the aliases that lib/names.ts gives them. */
export async function keysOf({ call, region }: Place, project: string): Promise<NamedKey[]> {
  const keys: NamedKey[] = [];
  for (let Marker: string | undefined; ; ) {
    const page: Page = await call(
      'kms',
      'ListAliases',
      { Limit: 100, ...(Marker === undefined ? {} : { Marker }) },
      region,
    );
    for (const { AliasName, TargetKeyId } of page.Aliases)
      if (TargetKeyId !== undefined && isOf(project, AliasName))
        keys.push({ region, alias: AliasName, id: TargetKeyId });
    if (!page.Truncated) return keys;
    Marker = page.NextMarker;
  }
}

function isOf(project: string, alias: string): boolean {
  const own = `alias/holdfast-${project}`;
  return alias === own || alias.startsWith(`${own}-`);
}

const GOING: ReadonlySet<string> = new Set(['PendingDeletion', 'PendingReplicaDeletion']);

/** The stack took the alias along where it did not retain it. */
export async function removeKey(
  { call, region }: Place,
  { alias, id }: Pick<NamedKey, 'alias' | 'id'>,
): Promise<void> {
  if (alias !== undefined)
    await isGone(() => call('kms', 'DeleteAlias', { AliasName: alias }, region));
  const { KeyMetadata } = await call<{ KeyMetadata: { KeyState: string } }>(
    'kms',
    'DescribeKey',
    { KeyId: id },
    region,
  );
  if (!GOING.has(KeyMetadata.KeyState))
    await call('kms', 'ScheduleKeyDeletion', { KeyId: id, PendingWindowInDays: KEY_DAYS }, region);
}
