/** How many small requests are under way at a time: enough for the distance, few enough for any store. */
const AT_A_TIME = 8;

/** Does the same for many, a few at a time, in their order; ends with the first failure, after what was under way. */
export async function sideBySide<T>(
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const failures: unknown[] = [];
  const work = async () => {
    for (const item of waiting) {
      if (failures.length > 0) return;
      await act(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  if (failures.length > 0) throw failures[0];
}
