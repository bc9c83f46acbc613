import { type Disposal, disposalOf } from '../../domain/audit/disposal.ts';
import { objectKey, type SetAddress } from '../../domain/key.ts';
import { MARK_LIMIT_BYTES, type MarkBody, parseSealedMark } from '../../domain/set/mark-body.ts';
import { markName } from '../../domain/set/mark-name.ts';
import { isHoldfastError } from '../../errors.ts';
import { MarkSeals } from '../catalog/mark-seals.ts';
import type { Context } from '../context.ts';
import { readPlace } from './read-place.ts';

type CertifyContext = Pick<Context, 'project' | 'repository' | 'keyring' | 'keys' | 'clock'>;

/** The certificate of a set of which only marks are left. @param why where no mark says it. */
export async function certifyDisposal(
  context: CertifyContext,
  address: SetAddress,
  { why }: { why: string },
): Promise<Disposal> {
  return disposalOf(await firstRelease(context, address), { goneAt: context.clock.now(), why });
}

/** The oldest `released` mark that a holder of the key wrote. */
async function firstRelease(
  context: CertifyContext,
  address: SetAddress,
): Promise<MarkBody | undefined> {
  const { repository } = context;
  const place = await readPlace(repository, address);
  if (place === undefined) return undefined;
  const seals = new MarkSeals(context, { kinds: ['released'] });
  const { releasedAt } = await seals.open(place.entry);
  if (releasedAt === null) return undefined;
  try {
    const key = objectKey(address, markName('released', releasedAt));
    return parseSealedMark(await repository.get(key, { limitBytes: MARK_LIMIT_BYTES }))?.body;
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}
