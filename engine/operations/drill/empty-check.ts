import type { DrillCheck } from '../../domain/drill-report.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { largeObjectsIn } from '../../postgres/drill/stored-values.ts';
import type { DrillRestore } from './drill-restore.ts';

/** A backup of nothing proves nothing, however well it restores. */
export function emptyCheck(
  { comparison, items }: Pick<DrillRestore, 'comparison' | 'items'>,
  { selection }: Pick<Manifest, 'selection'>,
): DrillCheck[] {
  const hasRows = comparison.some(({ expected }) => expected > 0);
  const hasObjects = [...items.schema, ...items.data].some((entry) => largeObjectsIn(entry) > 0);
  if (hasRows || hasObjects || selection.contents === 'schema') return [];
  return [
    {
      name: 'There is something to prove',
      passed: false,
      isShown: false,
      detail: 'no table has a row, and there is no large object',
    },
  ];
}
