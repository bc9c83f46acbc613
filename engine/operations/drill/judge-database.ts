import type { DrillConfig } from '../../config/database-schema.ts';
import type { DrillCheck } from '../../domain/drill-report.ts';
import type { Manifest } from '../../domain/manifest.ts';
import { checkRecent } from '../../postgres/drill/recent-rows.ts';
import { checkAssertions, checkConstraints, checkIndexes } from '../../postgres/judgement.ts';
import type { Session } from '../../postgres/session.ts';

export interface JudgeOptions {
  manifest: Manifest;
  config: DrillConfig;
}

/** Everything that a drill asks a restored database beyond its rows. */
export async function judgeDatabase(
  session: Session,
  { manifest, config }: JudgeOptions,
): Promise<{ checks: DrillCheck[]; notes: string[] }> {
  const { recent, assertions } = config;
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
    checks: [...constraints.checks, ...indexes.checks, ...recentChecks, ...assertionChecks],
    notes: [...constraints.notes, ...indexes.notes],
  };
}
