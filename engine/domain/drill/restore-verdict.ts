import { describeEntry } from '../archive/describe-entry.ts';
import type { DrillCheck, DrillException } from '../drill-report.ts';
import type { TableComparison } from '../restore-comparison.ts';
import type { ArchiveItem, Refusal } from './refusals.ts';

export interface RestoreVerdict {
  checks: DrillCheck[];
  exceptions: DrillException[];
}

export interface VerdictOptions {
  comparison: readonly TableComparison[];
  /** What the server said of a refused statement, without anything that may quote rows. */
  say: (refusal: Refusal) => string;
}

const MOST_NAMED = 5;

/** What a restore shows that went on after errors: whether the set restores, and whether all rows are there. */
export function judgeRestore(
  refusals: readonly Refusal[],
  { comparison, say }: VerdictOptions,
): RestoreVerdict {
  const ofSet = refusals.filter(({ cause }) => cause.isOfSet);
  const lacking = refusals.filter(({ cause }) => !cause.isOfSet);
  const isForAll = lacking.some(({ item }) => item === undefined || item.type === 'EXTENSION');
  const rows = rowsCheck(comparison);
  const isExplained = ofSet.length === 0 && lacking.length > 0;
  return {
    checks: [
      restoresCheck({ ofSet, lacking: isForAll || !rows.passed ? lacking : [], say }),
      isExplained && !rows.passed ? { ...rows, isShown: false } : rows,
    ],
    exceptions: lacking.flatMap(({ item, cause }) =>
      item === undefined || cause.isOfSet ? [] : [exceptionOf(item, cause.lacks)],
    ),
  };
}

interface RestoresOptions {
  ofSet: readonly Refusal[];
  lacking: readonly Refusal[];
  say: VerdictOptions['say'];
}

function restoresCheck({ ofSet, lacking, say }: RestoresOptions): DrillCheck {
  const name = 'The set restores';
  const named = (refusals: readonly Refusal[]) => {
    const shown = refusals.slice(0, MOST_NAMED).map((one) => `${nameOf(one.item)}: ${say(one)}`);
    const more = refusals.length - shown.length;
    return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
  };
  if (ofSet.length > 0) return { name, passed: false, detail: named(ofSet) };
  if (lacking.length > 0) return { name, passed: false, isShown: false, detail: named(lacking) };
  return { name, passed: true, detail: 'every statement was taken, but for listed exceptions' };
}

function rowsCheck(tables: readonly TableComparison[]): DrillCheck {
  const equal = tables.filter(({ isEqual }) => isEqual).length;
  const rows = tables.reduce((sum, { found }) => sum + (found ?? 0), 0);
  return {
    name: 'Row counts equal',
    passed: equal === tables.length,
    detail: `${equal} of ${tables.length} tables, ${rows} rows`,
  };
}

function exceptionOf({ type, schema, tag }: ArchiveItem, lacks: string): DrillException {
  return { type, schema, name: tag, lacks };
}

function nameOf(item: ArchiveItem | undefined): string {
  return item === undefined ? 'a statement' : describeEntry(item);
}
