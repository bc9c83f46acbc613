import type { Disposal } from '../domain/audit/disposal.ts';
import type { Place } from '../domain/inventory.ts';
import { manifestKey, type SetAddress, setPrefix } from '../domain/key.ts';
import { knownFailure } from '../domain/known-failure.ts';
import type { Reason } from '../domain/retention.ts';
import type { HoldfastError } from '../errors.ts';
import { writeAudit } from './audit.ts';
import type { Context } from './context.ts';
import { lengthenLocks } from './lengthen-locks.ts';
import { type Departure, dispose, isGone, letGo } from './let-go.ts';
import { certifyDisposal } from './prune/certify-disposal.ts';
import { type PruneReport, summaryOf } from './prune-report.ts';
import type { RetentionSurvey } from './retention-survey.ts';

export interface PruneRunOptions {
  survey: RetentionSurvey;
  /** What was decided; what is done is written into it. */
  report: PruneReport;
}

/** Not of the store, its rights or its credentials. What a folder refuses for one file is not retryable. */
const OF_ONE_SET: ReadonlySet<string> = new Set([
  'OBJECT_DAMAGED',
  'OBJECT_MISSING',
  'OBJECT_COLD',
  'MANIFEST_INVALID',
  'MANIFEST_ALTERED',
  'REPOSITORY_UNREACHABLE',
  'INTERNAL',
]);

/** Does in one repository what was decided. */
export class PruneRun {
  readonly #context: Context;
  readonly #survey: RetentionSurvey;
  readonly #report: PruneReport;
  readonly #released: string[] = [];
  /** Prefixes of what was released. */
  readonly #done = new Set<string>();
  #isRehearsed = false;
  readonly #failures: HoldfastError[] = [];

  constructor(context: Context, { survey, report }: PruneRunOptions) {
    this.#context = context;
    this.#survey = survey;
    this.#report = report;
  }

  get summary(): string {
    return summaryOf(this.#report, { released: this.#released });
  }

  /** What stays is locked before anything goes. The report says what was done also where this fails. */
  async run(): Promise<void> {
    try {
      await this.#work();
    } catch (error) {
      this.#keepUnreached(knownFailure(error));
      throw error;
    }
  }

  async #work(): Promise<void> {
    const { decisions, departing, unfinished, records } = this.#survey;
    const { repository, clock, signal } = this.#context;
    const kept = decisions.filter(({ action }) => action === 'keep').map(({ set }) => set);
    this.#report.locked = await lengthenLocks(repository, kept, {
      now: clock.now(),
      signal,
    });
    for (const { set, reasons } of decisions.filter(({ action }) => action === 'release'))
      await this.#apart(set, () => this.#release(set, reasons.map(({ text }) => text).join('; ')));
    for (const place of departing) await this.#apart(place.entry, () => this.#finish(place));
    for (const { entry } of unfinished)
      await this.#apart(entry, () => this.#release(entry, 'left by a run that died'));
    await repository.release(records);
    const [failure] = this.#failures;
    if (failure !== undefined) throw failure;
  }

  /** What was to be released and was not. */
  #keepUnreached({ message }: HoldfastError): void {
    for (const row of this.#report.sets) {
      const isBefore = row.reasons.some(({ code }) => code === 'released-before');
      if (row.action === 'keep' || isBefore || this.#done.has(setPrefix(row))) continue;
      const text = `not reached, because the run failed: ${message}`;
      Object.assign(row, { action: 'keep', reasons: [{ code: 'failed', text }] });
    }
  }

  /** What fails with the objects of one set keeps no other from being released. */
  async #apart(entry: SetAddress, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#context.signal.aborted) throw error;
      const failure = knownFailure(error);
      if (failure.retryable || !OF_ONE_SET.has(failure.code)) throw error;
      this.#failures.push(failure);
      this.#keep(entry, { code: 'failed', text: failure.message });
    }
  }

  async #release(entry: Place['entry'], why: string): Promise<void> {
    this.#context.signal.throwIfAborted();
    if (entry.isReleaseComplete) return;
    this.#context.progress({ phase: 'release' });
    const startedAt = this.#context.clock.now();
    await this.#rehearse(entry);
    const departure = await letGo(this.#context, entry, { why });
    if (departure === undefined) {
      this.#keep(entry, {
        code: 'held',
        text: 'held, or completed by a copy, since this run began',
      });
      return;
    }
    this.#released.push(entry.id);
    this.#done.add(setPrefix(entry));
    if (departure.isDisposed) await this.#dispose(entry, { departure, why, startedAt });
    else await this.#record(entry, { departure, why, startedAt });
  }

  /** A store that will not let a release be finished is found out before the first mark is written. */
  async #rehearse(entry: SetAddress): Promise<void> {
    if (this.#isRehearsed) return;
    await this.#context.repository.rehearseRelease(manifestKey(entry));
    this.#isRehearsed = true;
  }

  /** The manifest of a released set is out of sight: an earlier run died, or the store has begun to remove it. */
  async #finish({ entry }: Place): Promise<void> {
    const why = 'released by an earlier run';
    if (entry.isDisposed) await dispose(this.#context, entry);
    else if (!entry.isReleaseComplete) await this.#release(entry, why);
    else if (await isGone(this.#context.repository, entry)) {
      const departure = { objects: 0, bytes: 0, isDisposed: true };
      await this.#dispose(entry, { departure, why, startedAt: this.#context.clock.now() });
    }
  }

  /** The certificate stands in the record, which stays for six years, before the marks go. */
  async #dispose(address: SetAddress, recorded: Recorded): Promise<void> {
    const disposal = await certifyDisposal(this.#context, address, recorded);
    await this.#record(address, { ...recorded, disposal });
    await dispose(this.#context, address, disposal);
    this.#report.disposed.push(address.id);
  }

  #keep({ id, plan, database }: SetAddress, reason: Reason): void {
    const row = this.#report.sets.find(
      (set) => set.id === id && set.plan === plan && set.database === database,
    );
    if (row !== undefined) Object.assign(row, { action: 'keep', reasons: [reason] });
    this.#report.notes.push(`${id} stays: ${reason.text}`);
  }

  async #record(
    { id, plan, database }: SetAddress,
    { departure, why, startedAt, disposal }: Recorded,
  ): Promise<void> {
    const { objects, bytes, isDisposed } = departure;
    const notes = `${why}; ${objects} objects let go, ${isDisposed ? 'nothing is left' : 'the store keeps them for its undo window'}`;
    await writeAudit(
      this.#context,
      { operation: 'prune', plan, database, backup: id, target: null },
      {
        outcome: {
          ...{ status: 'success', bytes, error: null, notes },
          ...(disposal === undefined ? {} : { disposal }),
        },
        startedAt,
      },
    );
  }
}

interface Recorded {
  departure: Departure;
  why: string;
  startedAt: Date;
  disposal?: Disposal;
}
