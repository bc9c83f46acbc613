import type { RetentionSet } from '../../domain/retention-set.ts';

/** Sets that are read or opened at a time. */
const AT_A_TIME = 16;

/** The same sets in the same order, those that are wanted as `replace` gives them. */
export async function replaceSome(
  sets: readonly RetentionSet[],
  isWanted: (set: RetentionSet) => boolean,
  replace: (set: RetentionSet) => Promise<RetentionSet>,
): Promise<RetentionSet[]> {
  const replaced = [...sets];
  const wanted = [...sets.entries()].filter(([, set]) => isWanted(set));
  for (let from = 0; from < wanted.length; from += AT_A_TIME) {
    const some = wanted.slice(from, from + AT_A_TIME);
    await Promise.all(
      some.map(async ([index, set]) => {
        replaced[index] = await replace(set);
      }),
    );
  }
  return replaced;
}
