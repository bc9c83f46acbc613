import { setPrefix } from '../../domain/key.ts';
import { knownFailure } from '../../domain/known-failure.ts';
import type { SetState } from '../../domain/set/evaluate-marks.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { lastTriedAt, type Rotation } from '../../domain/verify/choose-rotation.ts';
import { HoldfastError } from '../../errors.ts';
import { AnomalyJudge } from '../anomaly/anomaly-judge.ts';
import { readEntries, withManifest } from '../catalog.ts';
import type { Context, NamedRepository } from '../context.ts';
import type { EveryCopy, Located, Unanswered } from '../find-set.ts';
import { type VerifiedCopy, verifyCopy } from '../verify.ts';
import { inspectSet } from './inspect-cold.ts';
import type { ListedRepository, RotateRequest } from './rotate.ts';

export interface RotatedCopy extends Omit<VerifiedCopy, 'objects' | 'bytes' | 'seconds'> {
  set: string;
  plan: string;
  database: string;
  /** `cold`: its objects were inspected, and not read. */
  why: 'newest-proven' | 'share' | 'cold';
  /** When somebody had last tried to read this copy; null where nobody had. */
  lastTriedAt: Date | null;
  /** Null where it failed. */
  objects: number | null;
  bytes: number | null;
  seconds: number | null;
  problem: { code: string; message: string } | null;
}

export interface RotationRunOptions {
  request: RotateRequest;
  place: NamedRepository;
  /** All repositories that answered, for the other copies of a set. */
  listed: readonly ListedRepository[];
  unanswered: readonly Unanswered[];
}

/** So many failures in a row that may pass end the run in a repository: the next sets would fail alike. */
const GIVES_UP_AFTER = 3;

/** Reads what was chosen in one repository. */
export class RotationRun {
  readonly copies: RotatedCopy[] = [];
  readonly failures: HoldfastError[] = [];
  problem: string | null = null;
  readonly #everywhere: Context;
  readonly #options: RotationRunOptions;
  #passingInARow = 0;

  constructor(everywhere: Context, options: RotationRunOptions) {
    this.#everywhere = everywhere;
    this.#options = options;
  }

  async read({ newestProven, queue, quota, undated, cold }: Rotation<CatalogEntry>): Promise<void> {
    for (const entry of newestProven) await this.#try(entry, 'newest-proven');
    let left = quota;
    for (const entry of queue) {
      if (left === 0) break;
      if (await this.#try(entry, 'share')) left -= 1;
    }
    for (const entry of undated) await this.#try(entry, 'share');
    for (const entry of cold) await this.#try(entry, 'cold');
  }

  /**
   * @returns whether the set had its turn. One that fails for good and gets no mark, for example for lack of a right, would otherwise
   * be the first again in the next run, and keep all others from being read.
   */
  async #try(entry: CatalogEntry, why: RotatedCopy['why']): Promise<boolean> {
    this.#everywhere.signal.throwIfAborted();
    if (this.#hasGivenUp()) return false;
    const { set: id, ...address } = { set: entry.id, plan: entry.plan, database: entry.database };
    const { name: repository } = this.#options.place;
    const about = { repository, set: id, ...address, why, lastTriedAt: lastTriedAt(entry) };
    try {
      const read = await this.#readOne(entry, why);
      this.#passingInARow = 0;
      if (read === undefined) return false;
      this.copies.push({ ...about, ...read, problem: null });
      return true;
    } catch (error) {
      this.#everywhere.signal.throwIfAborted();
      const failure = knownFailure(error);
      if (failure.code === 'OBJECT_COLD' && why !== 'cold') {
        await this.#try(entry, 'cold');
        return false;
      }
      const after = await this.#find(entry).catch(() => undefined);
      this.#record(about, { failure, state: after?.entry.state ?? entry.state });
      const isMarked = after !== undefined && after.entry.marks.length > entry.marks.length;
      return isMarked || failure.retryable;
    }
  }

  #hasGivenUp(): boolean {
    if (this.#passingInARow < GIVES_UP_AFTER) return false;
    this.problem = `the other sets were left out after ${GIVES_UP_AFTER} failures in a row`;
    return true;
  }

  #record(
    about: Pick<RotatedCopy, 'repository' | 'set' | 'plan' | 'database' | 'why' | 'lastTriedAt'>,
    { failure, state }: { failure: HoldfastError; state: SetState },
  ): void {
    this.#passingInARow = failure.retryable ? this.#passingInARow + 1 : 0;
    const { code, message, hint, retryable } = failure;
    this.copies.push({
      ...about,
      ...{ state, suspicion: null, empty: null, otherServer: null },
      ...{ objects: null, bytes: null, seconds: null },
      problem: { code, message },
    });
    this.failures.push(
      new HoldfastError({
        ...{ code, retryable, cause: failure },
        message: `${about.set} in ${about.repository}: ${message}`,
        ...(hint === undefined ? {} : { hint }),
      }),
    );
  }

  /** Undefined where retention removed the set in the meantime, and of a set of another project in the same place. */
  async #readOne(
    listed: CatalogEntry,
    why: RotatedCopy['why'],
  ): Promise<
    Omit<RotatedCopy, 'set' | 'plan' | 'database' | 'why' | 'problem' | 'lastTriedAt'> | undefined
  > {
    const located = await this.#find(listed);
    if (located === undefined || located.entry.isReleased || this.#isOfOthers(located))
      return undefined;
    if (why === 'cold') return this.#inspect(located);
    const { request } = this.#options;
    const { plan, database } = located.entry;
    const isEmptyExpected = request.expectsEmpty?.(database) ?? false;
    const judge = new AnomalyJudge(this.#everywhere, {
      ...(await this.#everyCopy(located)),
      wish: request.wishOf?.(plan),
      isEmptyExpected,
    });
    return verifyCopy(this.#everywhere, { located, judge, isEmptyExpected });
  }

  async #inspect({ entry, place }: Located) {
    const { clock } = this.#everywhere;
    const beganAt = clock.now().getTime();
    const inspected = await inspectSet(entry, place.repository);
    const seconds = (clock.now().getTime() - beganAt) / 1000;
    const [newest] = entry.suspicions;
    const suspicion = newest === undefined ? null : (newest.kind ?? 'damage');
    const nothingRead = { suspicion, empty: null, otherServer: null };
    return { repository: place.name, state: entry.state, ...nothingRead, ...inspected, seconds };
  }

  #isOfOthers({ entry: { database, manifest } }: Located): boolean {
    const { project, databases = [] } = this.#everywhere;
    const isNamed = databases.length === 0 || databases.includes(database);
    return !isNamed && manifest !== undefined && manifest.project !== project;
  }

  /** What is unlike earlier sets makes every copy SUSPECT, so all of them are named. */
  async #everyCopy(located: Located): Promise<EveryCopy> {
    const copies = [located];
    const unanswered = [...this.#options.unanswered];
    for (const { place, prefixes } of this.#options.listed) {
      if (place.name === located.place.name || !prefixes.has(setPrefix(located.entry))) continue;
      try {
        const found = await this.#find(located.entry, place);
        if (found !== undefined) copies.push(found);
      } catch (error) {
        this.#everywhere.signal.throwIfAborted();
        unanswered.push({ place, error: knownFailure(error) });
      }
    }
    return { copies, unanswered };
  }

  /** The copy as it lies there now; undefined when it is gone. */
  async #find(
    address: CatalogEntry,
    place: NamedRepository = this.#options.place,
  ): Promise<Located | undefined> {
    const [entry] = await readEntries(place.repository, setPrefix(address));
    return entry === undefined
      ? undefined
      : { place, entry: await withManifest(entry, place.repository) };
  }
}
