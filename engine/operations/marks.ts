import { objectKey, type SetAddress } from '../domain/key.ts';
import { type CatalogEntry, type Mark, markName } from '../domain/set-state.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { isDamage } from '../postgres/restore-program.ts';
import type { Context } from './context.ts';

export interface PutMarkOptions {
  mark: Mark;
  content: object;
}

type MarkContext = Pick<Context, 'repository' | 'clock'>;

/** Puts a mark beside a manifest. Two equal marks of one second are one. */
export async function putMark(
  { repository, clock }: MarkContext,
  address: SetAddress,
  { mark, content }: PutMarkOptions,
): Promise<void> {
  const at = clock.now();
  const body = Buffer.from(`${JSON.stringify({ at: at.toISOString(), ...content }, null, 2)}\n`);
  await repository.put(objectKey(address, markName(mark, at)), body).catch((error: unknown) => {
    if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
  });
}

/**
 * Puts a mark that is younger than all that the set has: the newest decides, and marks count whole seconds of clocks that may differ.
 */
export async function putLaterMark(
  { repository, clock }: MarkContext,
  entry: CatalogEntry,
  options: PutMarkOptions,
): Promise<void> {
  const youngest = Math.max(0, ...entry.marks.map(({ at }) => at.getTime()));
  const at = new Date(Math.max(clock.now().getTime(), youngest + 1000));
  await putMark({ repository, clock: { now: () => at } }, entry, options);
}

/** Bytes that are bad make a set SUSPECT; nothing else does. A mark that can't be written never hides why. */
export async function suspect(
  context: MarkContext,
  address: SetAddress,
  error: unknown,
): Promise<never> {
  if (isDamage(error) && error instanceof HoldfastError)
    await putMark(context, address, {
      mark: 'suspect',
      content: { code: error.code, reason: error.message },
    }).catch(() => undefined);
  throw error;
}
