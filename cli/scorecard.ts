import type { Rule321 } from '../engine/domain/health/rule-321.ts';
import type {
  MeasuredRpo,
  MeasuredRto,
  Scorecard,
  ScoredCopy,
} from '../engine/domain/health/scorecard.ts';
import { speakSeconds } from '../engine/domain/spoken-numbers.ts';
import { plainLine } from '../engine/domain/text/plain-text.ts';
import { renderTable } from './table.ts';
import { showTime } from './words.ts';

/** How each database is protected, for people. */
export function describeScorecard(scorecard: readonly Scorecard[]): string {
  return scorecard.map(describeDatabase).join('\n\n');
}

function describeDatabase({ database, copies, rpo, rto, rule321 }: Scorecard): string {
  const table = renderTable(
    ['repository', 'medium', 'newest set', 'state', 'locked until', 'last read', 'proven'],
    copies.map(rowOf),
  );
  return [
    `Scorecard of ${plainLine(database)}`,
    table,
    `RPO    ${describeRpo(rpo)}`,
    `RTO    ${describeRto(rto)}`,
    ...describeRule(rule321).map((line) => `3-2-1  ${plainLine(line)}`),
  ].join('\n');
}

function rowOf(copy: ScoredCopy): string[] {
  const { repository, isReached, takenAt, state, lastReadAt, provenAt } = copy;
  const newest = takenAt === null ? (isReached ? 'none' : 'unknown') : timeOf(takenAt);
  return [
    repository,
    mediumOf(copy),
    newest,
    state ?? '',
    lockOf(copy),
    timeOf(lastReadAt),
    timeOf(provenAt),
  ];
}

function mediumOf({ medium, region, account, endpoint, disk }: ScoredCopy): string {
  const where = [disk, endpoint, region, account].filter((part) => part !== null);
  return where.length === 0 ? medium : `${medium} (${where.join(', ')})`;
}

function lockOf({ lock, lockedUntil }: ScoredCopy): string {
  if (lockedUntil !== null) return timeOf(lockedUntil);
  if (lock === null) return '';
  return { locked: '', unlocked: 'not locked', unsupported: 'no locks', unknown: 'unknown' }[lock];
}

function timeOf(time: Date | null): string {
  return time === null ? 'never' : showTime(time.toISOString());
}

function describeRpo({ seconds, worstSeconds, windowSeconds, ...objective }: MeasuredRpo): string {
  if (seconds === null || worstSeconds === null) return 'no good set';
  return `${speakSeconds(seconds)} now, at most ${speakSeconds(worstSeconds)} in the last ${speakSeconds(windowSeconds)}; ${describeObjective(objective)}`;
}

function describeRto({ drillSeconds, seconds, drilledAt, ...objective }: MeasuredRto): string {
  if (drillSeconds === null || seconds === null)
    return `not measured: no drill here says how long it took; ${describeObjective(objective)}`;
  return `about ${speakSeconds(seconds)} for the newest set; the drill of ${timeOf(drilledAt)} took ${speakSeconds(drillSeconds)}; ${describeObjective(objective)}`;
}

function describeObjective({
  objectiveSeconds,
  isMet,
}: Pick<MeasuredRto, 'objectiveSeconds' | 'isMet'>): string {
  if (objectiveSeconds === null) return 'the config has no objective';
  const met = isMet === null ? 'not known' : isMet ? 'met' : 'not met';
  return `objective ${speakSeconds(objectiveSeconds)}: ${met}`;
}

function describeRule({ isMet, copies, missing, unknown }: Rule321): string[] {
  const verdict = isMet === null ? 'not known' : isMet ? 'met' : 'not met';
  return [
    `${verdict}: ${copies} ${copies === 1 ? 'copy' : 'copies'} with the database itself`,
    ...missing.map((what) => `missing: ${what}`),
    ...unknown.map((what) => `not known: ${what}`),
  ];
}
