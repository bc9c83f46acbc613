import type { DrillConfig } from '../../config/database-schema.ts';
import type { DrillCheck } from '../../domain/drill-report.ts';
import type { LogicalManifest } from '../../domain/manifest.ts';
import { checkRecent } from '../../postgres/drill/recent-rows.ts';
import {
  checkLargeObjects,
  checkSequences,
  sequencesBehind,
} from '../../postgres/drill/stored-values.ts';
import { checkAssertions, checkConstraints, checkIndexes } from '../../postgres/judgement.ts';
import type { Session } from '../../postgres/session.ts';
import type { SetItems } from './set-items.ts';

export interface JudgeOptions {
  manifest: LogicalManifest;
  config: DrillConfig;
  items: SetItems;
}

/** Everything that a drill asks a restored database beyond its rows. */
export async function judgeDatabase(
  session: Session,
  { manifest, config, items }: JudgeOptions,
): Promise<{ checks: DrillCheck[]; notes: string[] }> {
  const { recent, assertions } = config;
  const values = [
    ...(await checkSequences(session, items.data)),
    ...(await checkLargeObjects(session, [...items.schema, ...items.data])),
  ];
  const behind = await sequencesBehind(session);
  const constraints = await checkConstraints(session);
  const indexes = await checkIndexes(session);
  const isComplete = manifest.selection.contents === 'all';
  const recentChecks = isComplete
    ? await checkRecent(session, {
        ...{ recent, backupStartedAt: manifest.startedAt },
        snapshotAt: manifest.snapshot?.takenAt ?? manifest.startedAt,
      })
    : [];
  const assertionChecks = isComplete ? await checkAssertions(session, assertions) : [];
  return {
    checks: [
      ...values,
      ...constraints.checks,
      ...indexes.checks,
      ...recentChecks,
      ...assertionChecks,
    ],
    notes: [
      ...constraints.notes,
      ...indexes.notes,
      ...(behind.length > 0
        ? [`sequences that are behind their column in the source too: ${behind.join(', ')}`]
        : []),
    ],
  };
}
