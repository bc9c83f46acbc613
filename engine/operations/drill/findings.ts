import type { DrillCheck, DrillException } from '../../domain/drill-report.ts';
import type { TableComparison } from '../../domain/restore-comparison.ts';
import type { HoldfastError } from '../../errors.ts';

/** What a drill found; the report says it. */
export interface DrillFindings {
  tables: TableComparison[];
  checks: DrillCheck[];
  exceptions: DrillException[];
  notes: string[];
  restoreSeconds: number;
  failure?: HoldfastError;
}

const NOTHING = { tables: [], exceptions: [], notes: [], restoreSeconds: 0 };

/** Of a set that did not come back at all. */
export function notRestored(failure: HoldfastError): DrillFindings {
  const checks = [{ name: 'The set restores', passed: false, detail: failure.message }];
  return { ...NOTHING, checks, failure };
}

/** Of a set that was not restored, because this machine lacks what all of it needs. */
export function nothingRestored(checks: DrillCheck[]): DrillFindings {
  return { ...NOTHING, checks };
}
