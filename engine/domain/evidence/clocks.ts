import { MAX_CLOCK_SKEW_SECONDS } from '../../contract.ts';
import { parseBasicTime } from '../backup-id.ts';
import type { Evidence } from './evidence.ts';

const SKEW_MS = MAX_CLOCK_SKEW_SECONDS * 1000;

/** Times that can not be right: a clock was off, or somebody wrote them. */
export function wrongTimes({ records, sets, generatedAt }: Evidence): string[] {
  const latest = generatedAt.getTime() + SKEW_MS;
  const ofRecords = records.flatMap(({ id, operation, startedAt, completedAt }) => {
    const [from, to] = [Date.parse(startedAt), Date.parse(completedAt)];
    const named = parseBasicTime(id)?.getTime() ?? to;
    const what = `record ${id} (${operation})`;
    return [
      ...(from > to + SKEW_MS ? [`${what} begins at ${startedAt}, behind its end`] : []),
      ...(to > latest ? [`${what} ends at ${completedAt}, ahead of this report`] : []),
      ...(Math.abs(named - to) > SKEW_MS ? [`${what} has another time than its id`] : []),
    ];
  });
  const ofSets = sets.flatMap(({ id, database, startedAt }) => {
    const named = parseBasicTime(id)?.getTime() ?? startedAt.getTime();
    const what = `set ${id} of ${database}`;
    return [
      ...(startedAt.getTime() > latest ? [`${what} is dated ahead of this report`] : []),
      ...(Math.abs(named - startedAt.getTime()) > SKEW_MS
        ? [`${what} has another time in its manifest than in its id`]
        : []),
    ];
  });
  return [...ofRecords, ...ofSets];
}
