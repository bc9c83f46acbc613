import { type Finding, finding } from '../finding.ts';
import type { HiddenPlace } from '../repository/hidden-place.ts';

/** Parts of a repository that can not be listed: nobody knows what is in them. One finding a plan and database. */
export function judgeHidden(
  hidden: readonly HiddenPlace[],
  { repository }: { repository: string },
): Finding[] {
  const groups = Map.groupBy(hidden, ({ plan, database }) => JSON.stringify([plan, database]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { plan, database, id } = first;
    const shown = group.slice(0, 3).map(({ prefix, why }) => `${prefix} (${why})`);
    const more = group.length > shown.length ? [`and ${group.length - shown.length} more`] : [];
    return [
      finding(
        { plan, database, repository },
        {
          verdict: 'hidden',
          severity: 'warning',
          detail: `can not be read, so that nothing is known of what is in it: ${[...shown, ...more].join(', ')}`,
          set: id,
          hint: 'Let the user that runs Holdfast read the folder, or mount the disk that the link leads to, and find out who changed it. Until then prune keeps what a set in it may keep.',
        },
      ),
    ];
  });
}
