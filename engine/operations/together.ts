/**
 * Runs tasks side by side. The first that fails aborts the others through `controller`; when all have come to rest, its error is thrown.
 */
export async function together(
  controller: AbortController,
  tasks: readonly Promise<unknown>[],
): Promise<void> {
  const failures: unknown[] = [];
  const watched = tasks.map((task) =>
    task.catch((error: unknown) => {
      failures.push(error);
      if (!controller.signal.aborted) controller.abort(error);
    }),
  );
  await Promise.all(watched);
  if (failures.length > 0) throw controller.signal.aborted ? controller.signal.reason : failures[0];
}
