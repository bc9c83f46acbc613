import { type AlertKey, isRunOf, runKey } from './alert-key.ts';
import type { EndedRun } from './failure-notice.ts';
import type { RunStage } from './outcome-report.ts';

/**
 * Whether a run that ended shows that what was told of an earlier one is over: of a database, when all its stages went well this time;
 * of a whole run, when no database failed.
 */
export function isEndedBy(key: AlertKey, { plan, results }: EndedRun): boolean {
  const done = results.filter(({ status }) => status === 'done');
  const isWhole = done.length > 0 && results.every(({ status }) => status !== 'failed');
  if (isWhole && key === runKey({ operation: 'execution', plan, database: null })) return true;
  return done.some(({ database, drilled }) =>
    [...stagesOf({ plan }), ...(drilled === true ? (['drill'] as const) : [])].some((operation) =>
      isRunOf(key, { operation, plan, database }),
    ),
  );
}

/** What an execution does with each database: drills are of no plan. */
export function stagesOf({ plan }: Pick<EndedRun, 'plan'>): RunStage[] {
  return plan === null ? ['drill'] : ['backup', 'verify'];
}
