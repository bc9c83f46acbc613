/** `Did you mean "clinic"? `, with the blank behind it, or nothing where no known name is close. For the beginning of a hint. */
export function didYouMean(given: string, known: Iterable<string>): string {
  const closest = closestName(given, known);
  return closest === undefined ? '' : `Did you mean "${closest}"? `;
}

/** The known name that takes the fewest changes to reach, if a person may have meant it. */
export function closestName(given: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(given.length / 3));
  let closest: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase());
    if (distance <= limit && distance < (closest?.distance ?? Number.POSITIVE_INFINITY))
      closest = { name, distance };
  }
  return closest?.name;
}

/** Letters that are added, left out, replaced, or exchanged with their neighbour (Damerau, optimal string alignment). */
function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isEqual = one[row - 1] === other[column - 1];
      const isSwapped =
        row > 1 &&
        column > 1 &&
        one[row - 1] === other[column - 2] &&
        one[row - 2] === other[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isEqual ? 0 : 1),
        isSwapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length] ?? one.length;
}
