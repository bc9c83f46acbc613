import type { DrillException } from '../../domain/drill-report.ts';
import { objectKey, type SetAddress } from '../../domain/key.ts';
import { markName } from '../../domain/set/mark-name.ts';
import type { Repository } from '../../ports/repository.ts';
import { readMark } from './name-suspicion-kinds.ts';

/** What the mark says that proves a set. */
export interface Proof {
  /** Objects that it excepts, since only the surroundings of the drill lacked something. */
  exceptions: DrillException[];
  /** How long the restore took; undefined where an older version wrote the mark, or where another copy was drilled. */
  restoreSeconds: number | undefined;
  /** The repository whose copy was drilled, where that is not this one. */
  provenIn: string | undefined;
}

const NO_PROOF: Proof = { exceptions: [], restoreSeconds: undefined, provenIn: undefined };

/** One request for a set that is proven, and none for another. The mark is not opened. */
export async function readProof(
  repository: Repository,
  { plan, database, id, provenAt }: SetAddress & { provenAt: Date | null },
): Promise<Proof> {
  if (provenAt === null) return NO_PROOF;
  const content = await readMark(
    { repository },
    objectKey({ plan, database, id }, markName('proven', provenAt)),
  );
  if (content === undefined) return NO_PROOF;
  const { exceptions, restoreSeconds, provenIn } = content;
  return {
    exceptions: Array.isArray(exceptions) ? exceptions.filter(isException) : [],
    restoreSeconds: isSeconds(restoreSeconds) ? restoreSeconds : undefined,
    provenIn: typeof provenIn === 'string' ? provenIn : undefined,
  };
}

/** Anybody may have written the mark. */
function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isException(value: unknown): value is DrillException {
  const { type, schema, name, lacks } = (value ?? {}) as Partial<DrillException>;
  return [type, schema, name, lacks].every((text) => typeof text === 'string');
}
