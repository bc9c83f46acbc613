import type { DrillException } from '../../domain/drill-report.ts';
import { objectKey, type SetAddress } from '../../domain/key.ts';
import { markName } from '../../domain/set/mark-name.ts';
import type { Repository } from '../../ports/repository.ts';
import { readMark } from './name-suspicion-kinds.ts';

/** The objects that the proof of a set excepts, since only the surroundings of the drill lacked something; none where it is not proven. */
export async function readExceptions(
  repository: Repository,
  { plan, database, id, provenAt }: SetAddress & { provenAt: Date | null },
): Promise<DrillException[]> {
  if (provenAt === null) return [];
  const content = await readMark(
    { repository },
    objectKey({ plan, database, id }, markName('proven', provenAt)),
  );
  return Array.isArray(content?.exceptions) ? content.exceptions.filter(isException) : [];
}

function isException(value: unknown): value is DrillException {
  const { type, schema, name, lacks } = (value ?? {}) as Partial<DrillException>;
  return [type, schema, name, lacks].every((text) => typeof text === 'string');
}
