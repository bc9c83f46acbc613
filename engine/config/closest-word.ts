/** The word that was probably meant; undefined where none is near enough. */
export function closestWord(typed: string, words: readonly string[]): string | undefined {
  const near = Math.max(1, Math.floor(typed.length / 3));
  const distances = words.map((word) => ({
    word,
    distance: editDistance(typed.toLowerCase(), word.toLowerCase()),
  }));
  const [closest] = distances.toSorted((one, other) => one.distance - other.distance);
  return closest !== undefined && closest.distance <= near ? closest.word : undefined;
}

/** Letters to insert, drop, replace or swap with their neighbour. */
function editDistance(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    const above = rows[i - 1] ?? [];
    for (let j = 1; j <= other.length; j += 1) {
      const cost = one[i - 1] === other[j - 1] ? 0 : 1;
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const swapped = isSwap ? (rows[i - 2]?.[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      row.push(
        Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + cost, swapped),
      );
    }
    rows.push(row);
  }
  return rows.at(-1)?.at(-1) ?? 0;
}
