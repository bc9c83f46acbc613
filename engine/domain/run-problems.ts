import { RUN_FAILED, RUNBOOK } from '../contract.ts';
import { type AlertKey, namesIn, runKey } from './alert-key.ts';
import type { AlertState, Problem } from './alerts.ts';
import { quoteForShell } from './command-quoting.ts';
import {
  type EndedExecution,
  type EndedRun,
  jobOfTask,
  planOfExecution,
  type StoppedTask,
} from './failure-notice.ts';
import type { RunStage } from './outcome-report.ts';
import { stagesOf } from './run-ends.ts';

/** What is still safe of a database, in a clause. */
export type SafetyOf = (database: string) => string;

/** One problem for each database that failed. */
export function problemsOfRun({ plan, results }: EndedRun, safetyOf: SafetyOf): Problem[] {
  const failures = results.filter((result) => result.status === 'failed');
  return failures.map(({ database, stage, error }) => ({
    key: runKey({ operation: stage, plan, database }),
    severity: 'critical',
    title: `${placeOf({ plan, database })}: ${stage} failed (${error?.code ?? 'TASK_FAILED'})`,
    detail: `${error?.message ?? 'no reason was recorded'}; ${safetyOf(database)}`,
    since: null,
    hint: error?.code === 'ANOMALY_FOUND' ? UNLIKE : nextStep({ stage, plan, database }),
    runbook: runbook(error?.code === 'ANOMALY_FOUND' ? 'shrunk' : stage),
  }));
}

const UNLIKE =
  'The set is SUSPECT, and retention keeps it and everything older. If the change is meant, `holdfast accept` with its id takes it as the new normal; otherwise restore the rows from an older set (`holdfast list`).';

function nextStep({
  stage,
  plan,
  database,
}: {
  stage: RunStage;
  plan: string | null;
  database: string;
}): string {
  const name = quoteForShell(database);
  if (stage === 'drill' || plan === null)
    return `\`holdfast remote drill ${name}\` tries it again and shows its log.`;
  const backup = `\`holdfast remote backup ${name} --plan ${quoteForShell(plan)}\``;
  if (stage === 'backup') return `${backup} tries it again and shows its log.`;
  const latest = quoteForShell(`${database}/${plan}/latest`);
  return `\`holdfast remote verify ${latest}\` reads it back once more; where it is SUSPECT, ${backup} takes a new one.`;
}

/** An execution that ended without telling anybody itself; undefined where it did tell. */
export function problemOfExecution(execution: EndedExecution): Problem | undefined {
  if (execution.error === RUN_FAILED) return undefined;
  const plan = planOfExecution(execution);
  const { name, status, error, executionArn } = execution;
  const again =
    plan === null
      ? 'holdfast remote drill DATABASE'
      : `holdfast remote backup DATABASE --plan ${quoteForShell(plan)}`;
  return {
    key: runKey({ operation: 'execution', plan, database: null }),
    severity: 'critical',
    title: `${plan === null ? 'drills' : `plan ${plan}`}: run ${name} ${STATUS_WORDS[status] ?? status}`,
    detail: `the run ended before it could say what became of its databases${error ? ` (${error})` : ''}; sets that are there stay as they are`,
    since: null,
    hint: `\`aws stepfunctions describe-execution --execution-arn ${executionArn}\` says why; \`${again}\` makes up for it, one database after the other.`,
    runbook: runbook('execution'),
  };
}

const STATUS_WORDS: Readonly<Record<string, string>> = {
  FAILED: 'failed',
  TIMED_OUT: 'took too long',
  ABORTED: 'was stopped by somebody',
};

/** A task that never started and belongs to no run: of those the run tells. */
export function problemOfTask(task: StoppedTask): Problem | undefined {
  const job = jobOfTask(task);
  if (job?.execution !== undefined || task.stopCode !== 'TaskFailedToStart') return undefined;
  const [plan, database] = [named(job, 'plan'), named(job, 'database')];
  const operation = job?.operation ?? 'task';
  const what = job === undefined ? 'a task' : `the task of a ${operation}`;
  return {
    key: runKey({ operation, plan, database }),
    severity: 'critical',
    title: [placeOf({ plan, database }), `${what} never started`]
      .filter((word) => word !== '')
      .join(': '),
    detail: `${task.stoppedReason ?? 'ECS gave no reason'}; nothing was begun, and the sets in the vault stay as they are`,
    since: null,
    hint: 'Look at image, subnets, security groups and endpoints of the stack; then start it again with `holdfast remote`.',
    runbook: runbook('taskNotStarted'),
  };
}

/** Whether this run was told of as failed, or one of its databases, since it began; what a function of the stack told is not of it. */
export function wasTold(
  state: AlertState,
  { plan, since }: { plan: string | null; since: Date },
): boolean {
  const operations: readonly string[] = [...stagesOf({ plan }), 'drill', 'execution'];
  const isOfRun = (key: AlertKey) => {
    const [kind, operation = ''] = key.split('/');
    return kind === 'run' && operations.includes(operation) && (namesIn(key).plan ?? null) === plan;
  };
  return Object.entries(state).some(
    ([key, { toldAt }]) => isOfRun(key) && new Date(toldAt) >= since,
  );
}

function named(job: object | undefined, field: 'plan' | 'database'): string | null {
  const value = (job as Record<string, unknown> | undefined)?.[field];
  return typeof value === 'string' ? value : null;
}

function placeOf({ plan, database }: { plan: string | null; database: string | null }): string {
  return [database, plan].filter((name) => name !== null).join('/');
}

function runbook(heading: Exclude<keyof typeof RUNBOOK, 'page'>): string {
  return `${RUNBOOK.page}#${RUNBOOK[heading]}`;
}
