import type { SetAddress } from '../../domain/key.ts';
import { isHoldfastError } from '../../errors.ts';
import { at, type Context } from '../context.ts';
import type { Unanswered } from '../find-set.ts';
import { putMark } from '../marks.ts';
import { partlyMarked } from '../partly-marked.ts';

/**
 * Holds every copy of a set that was just taken, whatever becomes of its marks: to run the backup again would take another set.
 * @throws HoldfastError naming the repositories that were not marked, after all others were.
 */
export async function holdCopies(context: Context, address: SetAddress): Promise<void> {
  const [marked, failures]: [string[], Unanswered[]] = [[], []];
  for (const place of context.repositories) {
    try {
      const content = { by: context.actor };
      await putMark(at(context, place), address, { mark: 'hold', content });
      marked.push(place.name);
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      failures.push({ place, error });
    }
  }
  if (failures.length === 0) return;
  const { id } = address;
  const hint = `Run \`holdfast hold ${id}\`: it marks what is left. Do not run the backup again for it.`;
  const fact = 'the set is taken';
  throw partlyMarked({ id, done: 'held', marked, failures, hint, fact, isRepeatable: false });
}
