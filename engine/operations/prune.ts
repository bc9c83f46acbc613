import { type SetAddress, setPrefix } from '../domain/key.ts';
import { knownFailure } from '../domain/known-failure.ts';
import type { HiddenPlace } from '../domain/repository/hidden-place.ts';
import type { RetentionRules } from '../domain/retention.ts';
import { describeForged, marksForged } from '../domain/set/mark-authenticity.ts';
import { HoldfastError } from '../errors.ts';
import { audited } from './audit.ts';
import { type AlteredSet, MarkSeals, withoutSealedMarks } from './catalog/mark-seals.ts';
import { assertStoreClockAgrees } from './clock-check.ts';
import { at, type Context, type NamedRepository } from './context.ts';
import type { Seals } from './prune/decide-authentic.ts';
import {
  describeAltered,
  isKnownDamage,
  ManifestSeals,
  manifestsAltered,
} from './prune/manifest-seals.ts';
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
    const context = at(everywhere, place);
    const seals = { markSeals: new MarkSeals(context), manifestSeals: new ManifestSeals(context) };
    const run: OneRun = { place, request, seals, report: emptyReport(place), altered: [] };
    await pruneOne(context, run).catch((error: unknown) => {
      everywhere.signal.throwIfAborted();
      failures.push(error);
      run.report.problem = knownFailure(error).message;
    });
    const report = withForged(run);
    request.onReport?.(report);
    everywhere.signal.throwIfAborted();
    reports.push(report);
    if (request.isApplied) failures.push(...alarms(run));
  }
  if (failures.length > 0) throw failures[0];
  return reports;
}

/** What somebody without the key wrote. A manifest that somebody looked at and accepted raises no alarm again. */
function alarms({ seals, altered, place: { repository } }: OneRun): HoldfastError[] {
  const unknown = altered.filter(({ entry }) => !isKnownDamage(entry));
  const { forged } = seals.markSeals;
  return [
    ...(forged.length > 0 ? [marksForged(forged, repository)] : []),
    ...(unknown.length > 0 ? [manifestsAltered(unknown, repository)] : []),
  ];
}

/** Each once, with its authentic marks: nobody else's word silences the alarm. */
function alteredSets(
  { markSeals, manifestSeals }: Seals,
  { decisions }: RetentionSurvey,
): AlteredSet[] {
  const judged = new Map(decisions.map(({ set }) => [setPrefix(set), set]));
  const all = [...markSeals.altered, ...manifestSeals.altered].map(({ entry, error }) => ({
    ...{ entry: judged.get(setPrefix(entry)) ?? withoutSealedMarks(entry), error },
  }));
  return [...new Map(all.map((altered) => [setPrefix(altered.entry), altered])).values()];
}

interface OneRun {
  place: NamedRepository;
  request: PruneRequest;
  seals: Seals;
  /** What is known of it so far: what was decided is written into it, and then what was done. */
  report: PruneReport;
  altered: AlteredSet[];
}

async function pruneOne(context: Context, run: OneRun): Promise<void> {
  const { place, request, seals } = run;
  if ((await place.repository.presence()) === 'absent') {
    run.report = absentReport(place);
    return;
  }
  const survey = async () => {
    await assertStoreClockAgrees(context);
    context.progress({ phase: 'survey' });
    const found = await surveyRetention(place.repository, {
      rules: { ...request.rulesOf(place.name), now: context.clock.now() },
      seals: seals.markSeals.canOpen ? seals : undefined,
    });
    run.report = reportOf(place, found);
    run.altered = alteredSets(seals, found);
    return found;
  };
  if (!request.isApplied) {
    await survey();
    return;
  }
  if (!seals.markSeals.canOpen) throw needsKey(place);
  const subject = {
    operation: 'prune',
    plan: null,
    database: null,
    backup: null,
    target: null,
  } as const;
  await audited(context, subject, async (notes) => {
    const found = await survey();
    for (const altered of run.altered) await suspectAltered(context, altered);
    const work = new PruneRun(context, { survey: found, report: run.report });
    try {
      await work.run();
    } finally {
      notes.notes = work.summary;
    }
  });
}

function withForged({ report, seals, altered }: OneRun): PruneReport {
  const { forged } = seals.markSeals;
  return {
    ...report,
    forgedMarks: forged.map(({ key }) => key),
    notes: [...report.notes, ...altered.map(describeAltered), ...forged.map(describeForged)],
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

/** Nothing is created there: on a disk that is not mounted, that would hide the sets that are missing. */
function absentReport(place: NamedRepository): PruneReport {
  const note = `${place.repository.location} does not exist: is its disk mounted?`;
  return { ...emptyReport(place), notes: [note] };
}

/** What a dry run tells. */
function reportOf(
  { name, repository }: NamedRepository,
  { decisions, unfinished, beheaded, records, hidden }: RetentionSurvey,
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
    notes: [
      ...notesOnUnnamed(decisions),
      ...hidden.map(noteOnHidden),
      ...beheaded.map(({ entry }) => noteOnBeheaded(entry)),
    ],
    problem: null,
  };
}

function noteOnHidden({ prefix, why }: HiddenPlace): string {
  return `${prefix} can not be read (${why}): what is in it stays, and so does what it may keep`;
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
