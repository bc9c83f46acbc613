import { type AlertKey, isRunOf, runKey } from './alert-key.ts';
import type { EndedRun } from './failure-notice.ts';
import type { RunStage } from './outcome-report.ts';

/** Which machine a run was of. */
export type RunKind = Pick<EndedRun, 'plan'> & { operation?: EndedRun['operation'] };

/**
 * Whether a run that ended shows that what was told of an earlier one is over: of a database, when all its stages went well this time;
 * of a whole run, when no database failed.
 */
export function isEndedBy(key: AlertKey, run: EndedRun): boolean {
  const { plan, results } = run;
  const done = results.filter(({ status }) => status === 'done');
  const isWhole = done.length > 0 && results.every(({ status }) => status !== 'failed');
  if (isWhole && key === runKey({ operation: executionOf(run), plan, database: null })) return true;
  return done.some((one) =>
    [...stagesOf(run), ...(one.drilled === true ? (['drill'] as const) : [])].some((operation) =>
      isRunOf(key, { operation, plan: one.plan ?? plan, database: one.database }),
    ),
  );
}

/** What an execution does with each database: drills are of no plan. */
export function stagesOf({ plan, operation }: RunKind): RunStage[] {
  if (operation === 'reread') return ['reread'];
  return plan === null ? ['drill'] : ['backup', 'verify'];
}

/** Stands for a whole execution in the key of its alert. */
export function executionOf({ operation }: RunKind): string {
  return operation === 'reread' ? 'reread-execution' : 'execution';
}
