import { plainLine } from '../engine/domain/text/plain-text.ts';
import type { RotatedRepository, RotateResult } from '../engine/operations/verify/rotate.ts';
import type { RotatedCopy } from '../engine/operations/verify/rotation-run.ts';
import { renderTable } from './table.ts';
import { showBytes, showSeconds, showTime } from './words.ts';

const WHY: Record<RotatedCopy['why'], string> = {
  'newest-proven': 'newest PROVEN',
  share: 'its turn',
  cold: 'cold',
};

/** What `verify --rotate` read, for people. */
export function describeRotation({ repositories, copies }: RotateResult): string {
  const table = renderTable(
    ['repository', 'set', 'database', 'plan', 'why', 'last try', 'state', 'result'],
    copies.map(rowOf),
  );
  const lines = repositories.map((repository) => plainLine(lineOf(repository, copies)));
  return [...(copies.length === 0 ? [] : [table, '']), ...lines].join('\n');
}

function rowOf(copy: RotatedCopy): string[] {
  const { repository, set, database, plan, why, lastTriedAt, state } = copy;
  const last = lastTriedAt === null ? 'never' : showTime(lastTriedAt.toISOString());
  return [repository, set, database, plan, WHY[why], last, state, resultOf(copy)];
}

function resultOf({ why, objects, bytes, seconds, problem, empty, otherServer }: RotatedCopy) {
  if (problem !== null) return `${problem.code}: ${problem.message}`;
  const extent = `${objects} objects, ${showBytes(bytes ?? 0)}`;
  const done = why === 'cold' ? 'inspected, not read' : `read in ${showSeconds(seconds ?? 0)}`;
  return [`${extent} ${done}`, empty, otherServer].filter((part) => part !== null).join('; ');
}

function lineOf(
  { repository, location, warmSets, coldSets, problem }: RotatedRepository,
  copies: readonly RotatedCopy[],
): string {
  const own = copies.filter((copy) => copy.repository === repository);
  const failed = own.filter((copy) => copy.problem !== null).length;
  const read = own.filter((copy) => copy.why !== 'cold' && copy.problem === null).length;
  const inspected = own.filter((copy) => copy.why === 'cold' && copy.problem === null).length;
  const counts = [
    `${read} of ${warmSets} warm sets read back whole`,
    ...(coldSets > 0 ? [`${inspected} of ${coldSets} cold sets inspected`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(problem === null ? [] : [problem]),
  ];
  return `${repository} (${location}): ${counts.join(', ')}`;
}
