import { type Finding, finding, type SeenSet } from '../finding.ts';
import { endOfSuspicion } from '../set/describe-suspicion.ts';

/** A suspicion that nobody accepted keeps its set and every older one: the repository grows until somebody looks. One finding a database. */
export function judgeFreeze(
  sets: readonly SeenSet[],
  { repository }: { repository: string },
): Finding[] {
  const byDatabase = Map.groupBy(sets, ({ database }) => database);
  return [...byDatabase].flatMap(([database, own]) => {
    const freezing = own.filter(({ isFreezing }) => isFreezing);
    const newest = freezing.at(-1);
    if (newest === undefined) return [];
    const frozen = own.filter(({ id }) => id <= newest.id);
    const kind = newest.suspicions.find(({ isAccepted }) => !isAccepted)?.kind ?? 'damage';
    return [
      finding(
        { plan: null, database, repository },
        {
          verdict: 'frozen',
          severity: 'warning',
          detail: `retention keeps ${frozen.length === 1 ? 'a set' : `${frozen.length} sets`} whatever their age: ${newest.id} and all that is older, because it is SUSPECT and not accepted`,
          since: newest.suspectAt,
          set: newest.id,
          hint: endOfSuspicion(kind, newest.id),
        },
      ),
    ];
  });
}
