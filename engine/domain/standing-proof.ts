import type { CatalogEntry, Mark } from './set-state.ts';

/**
 * Whether a set is good enough to let older ones go: PROVEN, or CHECKED where nothing is drilled, by a proof that is younger than
 * every suspicion. An accepted suspicion unfreezes; it doesn't make a set good again that was damaged after its drill.
 */
export function isProofStanding(
  { state, marks }: Pick<CatalogEntry, 'state' | 'marks'>,
  { isDrilled }: { isDrilled: boolean },
): boolean {
  if (state === 'SUSPECT') return false;
  const proofs: readonly Mark[] = isDrilled ? ['proven'] : ['proven', 'checked'];
  return newest(marks, proofs) > newest(marks, ['suspect']);
}

function newest(marks: CatalogEntry['marks'], wanted: readonly Mark[]): number {
  return marks.reduce(
    (latest, { mark, at }) => (wanted.includes(mark) ? Math.max(latest, at.getTime()) : latest),
    0,
  );
}
