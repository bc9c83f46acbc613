import { type Finding, finding, type SeenSet } from '../finding.ts';

/** Sets that claim to be released though nothing younger succeeds them, which retention never does. One finding a plan and database. */
export function judgeForged(
  sets: readonly SeenSet[],
  { repository }: { repository: string },
): Finding[] {
  const marked = sets.filter(({ isMarkedReleased }) => isMarkedReleased === true);
  const groups = Map.groupBy(marked, ({ plan, database }) => JSON.stringify([plan, database]));
  return [...groups.values()].flatMap((group) => {
    const newest = group.at(-1);
    if (newest === undefined) return [];
    const { plan, database, id } = newest;
    const shown = group.map((set) => set.id).slice(-3);
    const more = group.length > shown.length ? ` and ${group.length - shown.length} more` : '';
    return [
      finding(
        { plan, database, repository },
        {
          verdict: 'forged',
          severity: 'critical',
          detail: `a mark says that ${shown.join(', ')}${more} was released, and nothing younger succeeds it; retention never does that, so the mark decides nothing (it was not opened)`,
          set: id,
          hint: `Run \`holdfast verify ${id}\` with the key, which opens the mark. Where it is forged, find out who can write in this repository, change those credentials, and remove the file.`,
        },
      ),
    ];
  });
}
