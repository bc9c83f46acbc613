export interface DeadlineOptions {
  seconds: number;
  /** Why it failed, once the time is over. */
  late: () => Error;
}

/** The answer, or a failure when it takes too long. What was asked for goes on, and nobody waits. */
export async function withDeadline<T>(
  answer: Promise<T>,
  { seconds, late }: DeadlineOptions,
): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(late()), seconds * 1000);
  answer.catch(() => undefined);
  return Promise.race([answer, over.promise]).finally(() => clearTimeout(timer));
}
