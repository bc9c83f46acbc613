import type { DrillCheck } from '../../domain/drill-report.ts';
import type { LogicalManifest } from '../../domain/manifest.ts';
import { largeObjectsIn } from '../../postgres/drill/stored-values.ts';
import type { DrillRestore } from './drill-restore.ts';

const NOTHING_THERE = 'no table has a row, and there is no large object';

export interface EmptyCheckOptions extends Pick<LogicalManifest, 'selection'> {
  /** Where none of the tables of the set before it are there: that, in a clause. */
  lost: string | null;
}

/** A backup of nothing proves nothing, however well it restores. */
export function emptyCheck(
  { comparison, items }: Pick<DrillRestore, 'comparison' | 'items'>,
  { selection, lost }: EmptyCheckOptions,
): DrillCheck[] {
  const hasRows = comparison.some(({ expected }) => expected > 0);
  const hasObjects = [...items.schema, ...items.data].some((entry) => largeObjectsIn(entry) > 0);
  const hasContent = hasRows || hasObjects || selection.contents === 'schema';
  if (hasContent && lost === null) return [];
  return [
    {
      name: 'There is something to prove',
      passed: false,
      isShown: false,
      detail: hasContent && lost !== null ? lost : NOTHING_THERE,
    },
  ];
}
