import { isHoldfastError } from '../../errors.ts';
import { audited } from '../audit.ts';
import { at, type Context } from '../context.ts';
import { findSet, type Located } from '../find-set.ts';
import { type VerifyRequest, type VerifyResult, verify } from '../verify.ts';
import { inspectSet } from './inspect-cold.ts';

export interface RereadResult {
  set: string;
  plan: string | null;
  database: string | null;
  /** `cold`: its objects were inspected, and not read. `gone`: retention released it since it was chosen. */
  outcome: 'read' | 'cold' | 'gone';
  /** What `verify` found; null where it was not read. */
  verified: VerifyResult | null;
}

/**
 * Verifies a set that was chosen some time ago. A cold one is not read, because it would have to be thawed: HeadObject, which the right
 * to read an object includes, shows that each object is there with its size.
 * @throws HoldfastError as `verify` does; OBJECT_MISSING and OBJECT_DAMAGED of a cold set.
 */
export async function reread(everywhere: Context, request: VerifyRequest): Promise<RereadResult> {
  const located = await findSet(everywhere, request.set).catch((error: unknown) => {
    if (!isHoldfastError(error, 'SET_NOT_FOUND')) throw error;
  });
  if (located === undefined) return nothingOf({ id: request.set, plan: null, database: null });
  const { entry } = located;
  if (entry.isReleased) return nothingOf(entry);
  if (entry.isCold === true) return inspect(everywhere, located);
  try {
    const verified = await verify(everywhere, request);
    const { set, plan, database } = verified;
    return { set, plan, database, outcome: 'read', verified };
  } catch (error) {
    // Archive tiers of Intelligent-Tiering do not show in a listing.
    if (!isHoldfastError(error, 'OBJECT_COLD')) throw error;
    return inspect(everywhere, located);
  }
}

function nothingOf({
  id: set,
  plan,
  database,
}: {
  id: string;
  plan: string | null;
  database: string | null;
}): RereadResult {
  return { set, plan, database, outcome: 'gone', verified: null };
}

/** A record only of a failure: to inspect a set is not to verify it. */
async function inspect(everywhere: Context, { entry, place }: Located): Promise<RereadResult> {
  const { id, plan, database } = entry;
  const subject = { operation: 'verify', plan, database, backup: id, target: null } as const;
  await inspectSet(entry, place.repository).catch((error: unknown) =>
    audited(at(everywhere, place), subject, () => Promise.reject(error)),
  );
  return { set: id, plan, database, outcome: 'cold', verified: null };
}
