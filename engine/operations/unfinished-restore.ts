import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { Session } from '../postgres/session.ts';
import { isEmptyDatabase } from '../postgres/target-database.ts';

/**
 * The failure of a restore into a database that was there, and what it left behind: the same command would only hear that the
 * target is not empty. A target that is still empty is not worth a word.
 */
export async function asUnfinished(error: unknown, target: Session): Promise<unknown> {
  if (!isHoldfastError(error)) return error;
  const isEmpty = await isEmptyDatabase(target).catch(() => undefined);
  if (isEmpty === true) return error;
  const { code, message, hint, cause } = error;
  const { database } = target.settings;
  return new HoldfastError({
    code,
    message: `${message}; database ${database} ${isEmpty === undefined ? 'may hold' : 'holds'} what was restored so far`,
    hint: [
      `Drop database ${database} and create it again before the next try.`,
      ...(hint === undefined ? [] : [hint]),
    ].join(' '),
    cause: cause ?? error,
  });
}
