import type { TocEntry } from '../../domain/archive-toc.ts';
import { joinRoles, leaveRoles } from '../../postgres/restore/role-membership.ts';
import type { Session } from '../../postgres/session.ts';

/** Entries that no ALTER ... OWNER follows. */
const WITHOUT_OWNER = new Set(['EXTENSION', 'ACL', 'COMMENT', 'SECURITY LABEL', 'TABLE DATA']);

/** The roles that objects of a set are given to. */
export function ownersOf(toc: readonly TocEntry[]): string[] {
  const names = toc.filter(({ type }) => !WITHOUT_OWNER.has(type)).map(({ owner }) => owner);
  return [...new Set(names)].filter((name) => name !== '').sort();
}

/** Does work as a member of these roles, where this session's role may join them, and leaves them again. */
export async function asMemberOf<T>(
  session: Session,
  owners: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const joined = await joinRoles(session, owners);
  try {
    return await work();
  } finally {
    await leaveRoles(session, joined).catch(() => undefined);
  }
}
