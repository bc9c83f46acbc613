import { PREFIX } from '../contract.ts';
import { type AuditRecord, auditRecordSchema } from '../domain/audit-record.ts';
import { parseBasicTime } from '../domain/backup-id.ts';
import { type Job, jobSchema } from '../domain/job.ts';
import { plaintextBytes } from '../domain/manifest.ts';
import type { OutcomeReport, RecordedOutcome } from '../domain/outcome-report.ts';
import { parseDocument } from '../domain/set/parse-document.ts';
import { readTaskEnd, type TaskEnd } from '../domain/task-end.ts';
import { decideOutcome, type TaskOutcome } from '../domain/task-outcome.ts';
import { taskSizeFor } from '../domain/task-size.ts';
import { isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import { type AuditContext, writeAudit } from './audit.ts';
import { readableManifest } from './catalog.ts';
import type { Context } from './context.ts';

interface OutcomeContext extends Pick<Context, 'repository' | 'clock'> {
  /** What writes the record of a task that left none. */
  audit: AuditContext;
  /** Whether sets of a plan and database are drilled behind their verification; unless said otherwise they are not. */
  isDrilledAfter?: (of: { plan: string; database: string }) => boolean;
}

const NOTHING_NEXT = { set: null, verifyJob: null, drillJob: null, drillSize: null };

/** What came of one task of a run, from how ECS says that it ended and from what it wrote about itself into the vault. */
export async function recordOutcome(
  context: OutcomeContext,
  report: OutcomeReport,
): Promise<RecordedOutcome> {
  const { task, caught } = report.end;
  const end = readTaskEnd({ task, caught: caught ?? undefined });
  const record = await findRecord(context, { report, end });
  const outcome = decideOutcome(end, { ...report, record });
  if (outcome.verdict === 'failed' && record === undefined)
    await recordFailed(context, { report, end, outcome });
  if (outcome.verdict !== 'done') return { ...outcome, ...NOTHING_NEXT };
  const set = record?.backup ?? null;
  const done = { ...outcome, ...NOTHING_NEXT, set };
  if (report.stage === 'verify' && set !== null)
    return { ...done, ...(await drillOf(context, { report, set })) };
  if (report.stage !== 'backup') return done;
  if (set !== null) return { ...done, verifyJob: JSON.stringify(jobOf('verify', report, set)) };
  const message = 'the task ended well, and the vault has no record of a set that it made';
  return { ...done, verdict: 'failed', code: 'TASK_FAILED', message };
}

/** Where the config has each set drilled: of what kind the task has to be is known by the set. */
async function drillOf(
  { repository, isDrilledAfter }: OutcomeContext,
  { report, set }: { report: OutcomeReport; set: string },
): Promise<Partial<Pick<RecordedOutcome, 'drillJob' | 'drillSize'>>> {
  const { plan, database } = report;
  if (plan === null || isDrilledAfter?.({ plan, database }) !== true) return {};
  const manifest = await readableManifest({ plan, database, id: set }, repository);
  const bytes = manifest === undefined ? undefined : plaintextBytes(manifest);
  return {
    drillJob: JSON.stringify(jobOf('drill', report, set)),
    drillSize: taskSizeFor({ operation: 'drill', bytes }),
  };
}

/** A task that never started, or was killed, could write nothing about itself. */
async function recordFailed(
  { audit, clock }: OutcomeContext,
  { report, end, outcome }: Search & { outcome: TaskOutcome },
): Promise<void> {
  const { plan, database, execution, attempt } = report;
  const stage = taskOf(report);
  const code = outcome.code ?? 'TASK_FAILED';
  const message = outcome.message ?? '';
  const of = execution ? ` of ${execution}` : '';
  await writeAudit(
    audit,
    { operation: 'run', plan, database, backup: setOf(report), target: null },
    {
      outcome: {
        ...{ status: 'failed', bytes: null, error: { code, message }, stage },
        notes: `the ${stage} task${of} left no record, attempt ${attempt}`,
      },
      startedAt: end.createdAt ?? clock.now(),
    },
  ).catch((error: unknown) => {
    if (!isHoldfastError(error)) throw error;
    audit.progress({
      phase: 'audit',
      note: `no audit record of the run could be written: ${error.message}`,
    });
  });
}

function jobOf(
  operation: 'verify' | 'drill',
  { plan, database, scheduledFor, execution }: OutcomeReport,
  set: string,
): Job {
  return {
    operation,
    set,
    database,
    ...(plan === null ? {} : { plan }),
    ...(scheduledFor ? { scheduledFor } : {}),
    ...(execution ? { execution } : {}),
  };
}

interface Search {
  report: OutcomeReport;
  end: TaskEnd;
}

/** Where ECS does not say when the task began, no record of an earlier run may be taken for its own. */
const LOOKING_BACK_MS = 15 * 60_000;
/** Clocks of AWS agree; ids of records count whole seconds. The first retry comes a minute later. */
const SKEW_MS = 5000;

/** The newest record of the task: by its ARN, which the task names as its host; else by its time. */
async function findRecord(
  { repository, clock }: OutcomeContext,
  { report, end }: Search,
): Promise<AuditRecord | undefined> {
  const now = clock.now();
  const began =
    end.createdAt === undefined
      ? now.getTime() - LOOKING_BACK_MS
      : end.createdAt.getTime() - SKEW_MS;
  for (const key of await keysSince(repository, {
    task: taskOf(report),
    from: new Date(began),
    until: now,
  })) {
    const document = parseDocument(await repository.get(key));
    const value = 'value' in document ? document.value : undefined;
    const record = auditRecordSchema.safeParse(value).data;
    if (record !== undefined && isOf(record, { report, end })) return record;
  }
  return undefined;
}

/** A reread is done by the task that verifies. */
function taskOf({ stage }: OutcomeReport): 'backup' | 'verify' | 'drill' {
  return stage === 'reread' ? 'verify' : stage;
}

/** Of a reread: several tasks verify sets of one plan and database at the same time. */
function setOf({ stage, job }: OutcomeReport): string | null {
  if (stage !== 'reread') return null;
  const document = parseDocument(Buffer.from(job));
  const parsed = jobSchema.safeParse('value' in document ? document.value : undefined).data;
  return parsed?.operation === 'verify' ? parsed.set : null;
}

function isOf(
  { database, plan, backup, initiatedBy }: AuditRecord,
  { report, end }: Search,
): boolean {
  const set = setOf(report);
  if (set !== null && backup !== set) return false;
  if (database !== report.database || (report.plan !== null && plan !== report.plan)) return false;
  return (
    !initiatedBy.host.startsWith('arn:') ||
    end.taskArn === undefined ||
    initiatedBy.host === end.taskArn
  );
}

interface Days {
  task: ReturnType<typeof taskOf>;
  from: Date;
  until: Date;
}

const DAY_MS = 86_400_000;

/** Keys of the records of one operation since a time, the newest first. A task may end on the day after its first. */
async function keysSince(repository: Repository, { task, from, until }: Days): Promise<string[]> {
  const keys: string[] = [];
  const lastDay = Date.parse(until.toISOString().slice(0, 10)) + DAY_MS;
  for (let day = Date.parse(from.toISOString().slice(0, 10)); day <= lastDay; day += DAY_MS) {
    const prefix = `${PREFIX.audit}/${new Date(day).toISOString().slice(0, 10).replaceAll('-', '/')}/`;
    for await (const { key } of repository.list(prefix)) {
      const name = key.slice(prefix.length);
      const completedAt = parseBasicTime(name);
      if (name.endsWith(`-${task}.json`) && completedAt !== undefined && completedAt >= from)
        keys.push(key);
    }
  }
  return keys.reverse();
}
