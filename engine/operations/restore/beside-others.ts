import { describeEntry } from '../../domain/archive/describe-entry.ts';
import type { TocEntry } from '../../domain/archive-toc.ts';
import { leftToProvider } from '../../domain/restore/provided-objects.ts';
import { quoteIdentifier } from '../../domain/table-name.ts';
import { finallyCleanUp } from '../../postgres/clean-up.ts';
import {
  allowTablesInPublic,
  endTablesInPublic,
  readProvided,
} from '../../postgres/restore/read-provided.ts';
import type { Session } from '../../postgres/session.ts';
import { ownersOf } from './owners.ts';

export interface BesideOthersOptions {
  toc: readonly TocEntry[];
  /** Whether objects go to their owners. */
  withOwner: boolean;
  onNote: (note: string) => void;
}

/**
 * Restores into a database in which some objects belong to others, such as the provider of the
 * server: what only they may change is left out and named. For a superuser nothing is.
 * @param work restores all but these entries.
 */
export async function besideOthers<T>(
  session: Session,
  { toc, withOwner, onNote }: BesideOthersOptions,
  work: (leavesOut: (entry: TocEntry) => boolean) => Promise<T>,
): Promise<T> {
  const roles = toc.filter(({ type }) => type === 'DEFAULT ACL').map(({ owner }) => owner);
  const provided = await readProvided(session, { roles });
  const left = provided === undefined ? [] : leftToProvider(toc, provided);
  if (left.length > 0)
    onNote(
      `left as they are on the target, because other roles own them: ${left.map(describeEntry).join('; ')}`,
    );
  const allowed = withOwner ? await allowTablesInPublic(session, ownersOf(toc)) : [];
  const ids = new Set(left.map(({ dumpId }) => dumpId));
  const passing = allowed.filter((name) => !maySoInSource(toc, name));
  const restore = () => work(({ dumpId }) => ids.has(dumpId));
  if (passing.length === 0) return restore();
  return finallyCleanUp(restore, {
    ...{ session, onNote },
    undo: () => endTablesInPublic(session, passing),
    remains: {
      what: `${passing.join(', ')} may still make objects in schema public`,
      hint: `Run: REVOKE CREATE ON SCHEMA public FROM ${passing.map(quoteIdentifier).join(', ')};`,
    },
  });
}

/** Whether the set itself lets a role make objects in the schema public. */
function maySoInSource(toc: readonly TocEntry[], role: string): boolean {
  const grants = toc
    .filter(({ type, tag }) => type === 'ACL' && tag === 'SCHEMA public')
    .map(({ definition }) => definition);
  return grants
    .join('\n')
    .split('\n')
    .some(
      (line) =>
        /^GRANT (?:ALL|.*CREATE.*) ON SCHEMA public TO /.test(line) &&
        [role, quoteIdentifier(role)].some((name) => line.includes(` TO ${name}`)),
    );
}
