import { objectKey, type SetAddress } from '../domain/key.ts';
import { type Mark, markName } from '../domain/set-state.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { isDamage } from '../postgres/restore-program.ts';
import type { Context } from './context.ts';

export interface PutMarkOptions {
  mark: Mark;
  content: object;
}

type MarkContext = Pick<Context, 'repository' | 'clock'>;

/** Puts a mark beside a manifest. Two equal marks of one second are one. */
export async function putMark({ repository, clock }: MarkContext, address: SetAddress, { mark, content }: PutMarkOptions): Promise<void> {
  const at = clock.now();
  const body = Buffer.from(`${JSON.stringify({ at: at.toISOString(), ...content }, null, 2)}\n`);
  await repository.put(objectKey(address, markName(mark, at)), body).catch((error: unknown) => {
    if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
  });
}

/** Bytes that are bad make a set SUSPECT; nothing else does. A mark that can't be written never hides why. */
export async function suspect(context: MarkContext, address: SetAddress, error: unknown): Promise<never> {
  if (isDamage(error) && error instanceof HoldfastError)
    await putMark(context, address, { mark: 'suspect', content: { code: error.code, reason: error.message } }).catch(() => undefined);
  throw error;
}
