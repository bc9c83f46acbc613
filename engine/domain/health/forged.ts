import { type Finding, finding, type SeenSet } from '../finding.ts';
import type { ReleaseDoubt } from '../set/release-doubt.ts';

/** What is so of the sets, and what retention does instead. */
const DOUBTS: Record<ReleaseDoubt, string> = {
  'no-successor': 'nothing younger succeeds it; retention never does that',
  'within-keep': 'its manifest keeps it for longer; retention never does that',
  frozen: 'it was SUSPECT and not accepted then; retention never does that',
  ahead: 'the mark has a time in the future; retention never does that',
  'still-there': 'it is still there a week later, though the store removes what was released',
};

/**
 * Sets with a mark `released` that retention can not have put, or that did not go. One finding a plan and database.
 */
export function judgeForged(
  sets: readonly SeenSet[],
  { repository }: { repository: string },
): Finding[] {
  const marked = sets.filter(({ releaseDoubt }) => (releaseDoubt ?? null) !== null);
  const groups = Map.groupBy(marked, ({ plan, database }) => JSON.stringify([plan, database]));
  return [...groups.values()].flatMap((group) => {
    const isCertain = group.some(({ releaseDoubt }) => releaseDoubt !== 'still-there');
    const worst = group.filter(({ releaseDoubt }) => !isCertain || releaseDoubt !== 'still-there');
    const newest = worst.at(-1);
    if (newest === undefined) return [];
    const { plan, database, id } = newest;
    const doubt = newest.releaseDoubt ?? 'no-successor';
    const shown = worst.map((set) => set.id).slice(-3);
    const more = worst.length > shown.length ? ` and ${worst.length - shown.length} more` : '';
    const decides = isCertain ? ', so the mark decides nothing' : '';
    return [
      finding(
        { plan, database, repository },
        {
          verdict: 'forged',
          severity: isCertain ? 'critical' : 'warning',
          detail: `a mark says that ${shown.join(', ')}${more} was released, and ${DOUBTS[doubt]}${decides} (it was not opened)`,
          set: id,
          hint: `Run \`holdfast verify ${id}\` with the key, which opens the mark. ${isCertain ? FORGED : GENUINE}`,
        },
      ),
    ];
  });
}

const FORGED =
  'Where it is forged, find out who can write in this repository, change those credentials, and remove the file.';
const GENUINE = `Where it is genuine, \`holdfast doctor\` says whether the store removes what is released, and \`holdfast prune --apply\` goes on with it. ${FORGED}`;
