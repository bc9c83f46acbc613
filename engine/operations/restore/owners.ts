import type { TocEntry } from '../../domain/archive-toc.ts';
import { quoteIdentifier } from '../../domain/table-name.ts';
import { finallyCleanUp } from '../../postgres/clean-up.ts';
import { joinRoles, leaveRoles } from '../../postgres/restore/role-membership.ts';
import type { Session } from '../../postgres/session.ts';

/** Entries that no ALTER ... OWNER follows. */
const WITHOUT_OWNER = new Set(['EXTENSION', 'ACL', 'COMMENT', 'SECURITY LABEL', 'TABLE DATA']);

/** The roles that objects of a set are given to. */
export function ownersOf(toc: readonly TocEntry[]): string[] {
  const names = toc.filter(({ type }) => !WITHOUT_OWNER.has(type)).map(({ owner }) => owner);
  return [...new Set(names)].filter((name) => name !== '').sort();
}

export interface MemberOptions<T> {
  owners: readonly string[];
  work: () => Promise<T>;
  onNote: (note: string) => void;
}

/** Does work as a member of these roles, where this session's role may join them, and leaves them again. */
export async function asMemberOf<T>(
  session: Session,
  { owners, work, onNote }: MemberOptions<T>,
): Promise<T> {
  const joined = await joinRoles(session, owners);
  if (joined.length === 0) return work();
  const { user } = session.settings;
  const roles = joined.map(quoteIdentifier).join(', ');
  return finallyCleanUp(work, {
    ...{ session, onNote },
    undo: () => leaveRoles(session, joined),
    remains: {
      what: `role ${user} stays a member of ${joined.join(', ')}`,
      hint: `Run: REVOKE ${roles} FROM ${quoteIdentifier(user)};`,
    },
  });
}
