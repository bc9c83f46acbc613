import { type SetAddress, setPrefix } from '../domain/key.ts';
import { knownFailure } from '../domain/known-failure.ts';
import type { RetentionRules } from '../domain/retention.ts';
import { describeForged, marksForged } from '../domain/set/mark-authenticity.ts';
import { HoldfastError } from '../errors.ts';
import { audited } from './audit.ts';
import { MarkSeals } from './catalog/mark-seals.ts';
import { assertStoreClockAgrees } from './clock-check.ts';
import { at, type Context, type NamedRepository } from './context.ts';
import type { PruneReport } from './prune-report.ts';
import { PruneRun } from './prune-run.ts';
import { type RetentionSurvey, surveyRetention } from './retention-survey.ts';
import { suspectAltered } from './seal-check.ts';

export interface PruneRequest {
  /** Without it nothing is written: the decisions are only told. */
  isApplied: boolean;
  rulesOf: (repository: string) => Omit<RetentionRules, 'now'>;
  /** Told of each repository as it is done, also of one that failed: then `problem` says why. */
  onReport?: (report: PruneReport) => void;
}

/**
 * Decides about every set of each repository, and lets go what retention releases. A repository that fails never keeps the others
 * from being pruned; the first failure is thrown then.
 * @throws HoldfastError CLOCK_OFF, or what the repository failed with. A run that failed or died is finished by the next.
 */
export async function prune(everywhere: Context, request: PruneRequest): Promise<PruneReport[]> {
  const reports: PruneReport[] = [];
  const failures: unknown[] = [];
  for (const place of everywhere.repositories) {
    const seals = new MarkSeals(at(everywhere, place));
    const report = await pruneOne(everywhere, { place, request, seals }).catch((error: unknown) => {
      everywhere.signal.throwIfAborted();
      failures.push(error);
      return failedReport(place, error);
    });
    request.onReport?.(report);
    everywhere.signal.throwIfAborted();
    reports.push(report);
    if (request.isApplied && seals.forged.length > 0)
      failures.push(marksForged(seals.forged, place.repository));
  }
  if (failures.length > 0) throw failures[0];
  return reports;
}

async function pruneOne(
  everywhere: Context,
  { place, request, seals }: { place: NamedRepository; request: PruneRequest; seals: MarkSeals },
): Promise<PruneReport> {
  if ((await place.repository.presence()) === 'absent') return absentReport(place);
  const context = at(everywhere, place);
  const survey = async () => {
    await assertStoreClockAgrees(context);
    context.progress({ phase: 'survey' });
    return surveyRetention(place.repository, {
      rules: { ...request.rulesOf(place.name), now: context.clock.now() },
      seals: seals.canOpen ? seals : undefined,
    });
  };
  if (!request.isApplied) return withForged(reportOf(place, await survey()), seals);
  if (!seals.canOpen) throw needsKey(place);
  const subject = {
    operation: 'prune',
    plan: null,
    database: null,
    backup: null,
    target: null,
  } as const;
  return audited(context, subject, async (notes) => {
    const found = await survey();
    for (const altered of seals.altered) await suspectAltered(context, altered);
    const run = new PruneRun(context, { survey: found, report: reportOf(place, found) });
    try {
      return withForged(await run.run(), seals);
    } finally {
      notes.notes = run.summary;
    }
  });
}

function withForged(report: PruneReport, { forged, altered }: MarkSeals): PruneReport {
  return {
    ...report,
    forgedMarks: forged.map(({ key }) => key),
    notes: [
      ...report.notes,
      ...altered.map(({ entry, error }) => `${entry.id} counts for nothing: ${error.message}`),
      ...forged.map(describeForged),
    ],
  };
}

/** Marks count only when their seals open: without a key nothing could be released, and only locks would be lengthened. */
function needsKey({ repository }: NamedRepository): HoldfastError {
  return new HoldfastError({
    code: 'KEY_MISSING',
    message: `no key is at hand that opens the marks in ${repository.location}`,
    hint: 'prune --apply relies on proofs that only the key can tell from forged ones. Give it the key with keys in the config, HOLDFAST_KEY_FILE or HOLDFAST_KMS_KEY.',
  });
}

function emptyReport({ name, repository }: NamedRepository): PruneReport {
  const nothing = {
    ...{ sets: [], unfinished: [], disposed: [], records: 0, locked: 0 },
    ...{ forgedMarks: [], notes: [] },
  };
  return { repository: name, location: repository.location, ...nothing, problem: null };
}

function failedReport(place: NamedRepository, error: unknown): PruneReport {
  return { ...emptyReport(place), problem: knownFailure(error).message };
}

/** Nothing is created there: on a disk that is not mounted, that would hide the sets that are missing. */
function absentReport(place: NamedRepository): PruneReport {
  const note = `${place.repository.location} does not exist: is its disk mounted?`;
  return { ...emptyReport(place), notes: [note] };
}

/** What a dry run tells. */
function reportOf(
  { name, repository }: NamedRepository,
  { decisions, unfinished, beheaded, records }: RetentionSurvey,
): PruneReport {
  return {
    repository: name,
    location: repository.location,
    sets: decisions.map(({ set: { id, plan, database, state }, action, reasons }) => ({
      id,
      plan,
      database,
      state,
      action,
      reasons,
    })),
    unfinished: unfinished.map(({ entry }) => setPrefix(entry)),
    disposed: [],
    records: records.length,
    locked: 0,
    forgedMarks: [],
    notes: [...notesOnUnnamed(decisions), ...beheaded.map(({ entry }) => noteOnBeheaded(entry))],
    problem: null,
  };
}

function noteOnBeheaded(entry: SetAddress): string {
  return `${setPrefix(entry)} has marks and no manifest: it was a set once, and is left alone`;
}

function notesOnUnnamed(decisions: RetentionSurvey['decisions']): string[] {
  const unnamed = decisions.filter(({ reasons }) => reasons.some(({ code }) => code === 'unnamed'));
  const plans = new Set(unnamed.map(({ set }) => set.plan));
  return [...plans].map(
    (plan) =>
      `plan "${plan}" is named neither by plans nor by aws.formerPlans: its sets stay, whatever their keep`,
  );
}
