import { RUN_FAILED, RUNBOOK } from '../contract.ts';
import { type AlertKey, namesIn, runKey } from './alert-key.ts';
import type { AlertState, Problem } from './alerts.ts';
import { quoteForShell } from './command-quoting.ts';
import {
  type EndedExecution,
  type EndedRun,
  jobOfTask,
  operationOfExecution,
  planOfExecution,
  type StoppedTask,
} from './failure-notice.ts';
import { executionOf, type RunKind, stagesOf } from './run-ends.ts';

/** What is still safe of a database, in a clause. */
export type SafetyOf = (database: string) => string;

/** One problem for each database that failed; of a reread, for each plan and database of which a set failed. */
export function problemsOfRun(run: EndedRun, safetyOf: SafetyOf): Problem[] {
  const failures = run.results
    .filter((result) => result.status === 'failed')
    .map((result) => ({ ...result, plan: result.plan ?? run.plan }));
  const groups = Map.groupBy(failures, ({ stage, plan, database }) =>
    runKey({ operation: stage, plan, database }),
  );
  return [...groups].map(([key, group]) => problemOfFailures(key, { group, safetyOf }));
}

type Failure = Extract<EndedRun['results'][number], { status: 'failed' }> & { plan: string | null };

function problemOfFailures(
  key: AlertKey,
  { group, safetyOf }: { group: readonly Failure[]; safetyOf: SafetyOf },
): Problem {
  const [{ database, plan, stage, set, error }] = group as [Failure];
  const isUnlike = error?.code === 'ANOMALY_FOUND';
  const what = stage === 'reread' ? 'reading again' : stage;
  return {
    key,
    severity: 'critical',
    title: `${placeOf({ plan, database })}: ${what} failed (${error?.code ?? 'TASK_FAILED'})`,
    detail: `${describeFailures(group)}; ${safetyOf(database)}`,
    since: null,
    hint: isUnlike ? UNLIKE : nextStep({ stage, plan, database, set }),
    runbook: runbook(isUnlike ? 'shrunk' : stage),
  };
}

const MOST_SETS = 3;

/** Of a reread each with its set, because none of them need be the newest one. */
function describeFailures(group: readonly Failure[]): string {
  const shown = group.slice(0, MOST_SETS).map(({ stage, set, error }) => {
    const message = error?.message ?? 'no reason was recorded';
    return stage === 'reread' && set ? `${set}: ${message}` : message;
  });
  const more = group.length > shown.length ? [`and ${group.length - shown.length} more sets`] : [];
  return [...shown, ...more].join('; ');
}

const UNLIKE =
  'The set is SUSPECT, and retention keeps it and everything older. If the change is meant, `holdfast accept` with its id takes it as the new normal; otherwise restore the rows from an older set (`holdfast list`).';

function nextStep({
  stage,
  plan,
  database,
  set,
}: Pick<Failure, 'stage' | 'plan' | 'database' | 'set'>): string {
  const name = quoteForShell(database);
  if (stage === 'reread') {
    const again = [database, plan, set].filter((part) => part !== null).join('/');
    return `\`holdfast remote verify ${quoteForShell(again)}\` reads it once more; where it is damaged, restore from another set (\`holdfast list\`) and find out what changed it.`;
  }
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
  const kind = { plan: planOfExecution(execution), operation: operationOfExecution(execution) };
  const { plan } = kind;
  const { name, status, error, executionArn } = execution;
  return {
    key: runKey({ operation: executionOf(kind), plan, database: null }),
    severity: 'critical',
    title: `${nameOf(kind)}: run ${name} ${STATUS_WORDS[status] ?? status}`,
    detail: `the run ended before it could say what became of its databases${error ? ` (${error})` : ''}; sets that are there stay as they are`,
    since: null,
    hint: `\`aws stepfunctions describe-execution --execution-arn ${executionArn}\` says why; ${makeUpFor(kind)}`,
    runbook: runbook('execution'),
  };
}

function nameOf({ plan, operation }: RunKind): string {
  if (operation === 'reread') return 'reading again';
  return plan === null ? 'drills' : `plan ${plan}`;
}

function makeUpFor({ plan, operation }: RunKind): string {
  if (operation === 'reread') return "the next day's run reads the same sets.";
  const again =
    plan === null
      ? 'holdfast remote drill DATABASE'
      : `holdfast remote backup DATABASE --plan ${quoteForShell(plan)}`;
  return `\`${again}\` makes up for it, one database after the other.`;
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
export function wasTold(state: AlertState, { since, ...kind }: RunKind & { since: Date }): boolean {
  const operations: readonly string[] = [...stagesOf(kind), 'drill', executionOf(kind)];
  const isOfRun = (key: AlertKey) => {
    const [word, operation = ''] = key.split('/');
    if (word !== 'run' || !operations.includes(operation)) return false;
    return kind.operation === 'reread' || (namesIn(key).plan ?? null) === kind.plan;
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
