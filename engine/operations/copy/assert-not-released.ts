import { type SetAddress, setPrefix } from '../../domain/key.ts';
import { catalogEntry } from '../../domain/set-state.ts';
import { HoldfastError } from '../../errors.ts';
import { canSeal, MarkSeals } from '../catalog/mark-seals.ts';
import type { Context } from '../context.ts';

/**
 * A copy into the remains of a set that retention let go would vanish with them. A forged mark stops nothing; where no key is at
 * hand that opens it, it does, and the failure says so.
 * @throws HoldfastError SET_RELEASED.
 */
export async function assertNotReleased(there: Context, address: SetAddress): Promise<void> {
  const prefix = setPrefix(address);
  const names: string[] = [];
  for await (const { key } of there.repository.list(prefix)) names.push(key.slice(prefix.length));
  const listed = catalogEntry(address, names);
  const isOpened = canSeal(there.keys);
  const seals = new MarkSeals(there, { kinds: ['released', 'disposed'] });
  const { isReleased, isDisposed } = isOpened ? await seals.open(listed) : listed;
  if (!isReleased && !isDisposed) return;
  const unopened = isOpened ? '' : ' (by a mark that was not opened, for want of its key)';
  throw new HoldfastError({
    code: 'SET_RELEASED',
    message: `retention has released ${address.id} in ${there.repository.location}${unopened}: what lies there will vanish`,
    hint: 'Copy it to another repository, or take it back within the undo window: docs/RETENTION.md.',
  });
}
