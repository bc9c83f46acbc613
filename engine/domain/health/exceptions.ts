import { describeException } from '../drill-report.ts';
import { type Finding, finding, type SeenSet } from '../finding.ts';
import { speakTime } from '../spoken-numbers.ts';

const SHOWN = 3;

/** A set can be proven though single objects were not shown: nothing is wrong with it, and whoever relies on it should know them. */
export function judgeExceptions(
  { database, id, startedAt, exceptions = [] }: SeenSet,
  repository: string,
): Finding[] {
  if (exceptions.length === 0) return [];
  const shown = exceptions.slice(0, SHOWN).map(describeException);
  const more = exceptions.length - shown.length;
  const found: Finding = finding(
    { plan: null, database, repository },
    {
      verdict: 'exceptions',
      severity: 'ok',
      detail: `the newest PROVEN set, taken ${speakTime(startedAt)}, was shown but for ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
      set: id,
    },
  );
  return [found];
}
