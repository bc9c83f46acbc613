import { type Anomaly, isCritical } from '../../domain/anomaly/anomaly.ts';
import { anomalyFound, reasonOf } from '../../domain/anomaly/anomaly-found.ts';
import { judgeAnomalies } from '../../domain/anomaly/judge.ts';
import { measureSet } from '../../domain/anomaly/measures.ts';
import type { LogicalManifest, Manifest } from '../../domain/manifest.ts';
import { fulfils, type PlanWish } from '../../domain/plan-wish.ts';
import { anomalyMarkNames, wasChecked } from '../../domain/set/anomaly-marks.ts';
import { isEmptySet } from '../../domain/set/empty-set.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import type { HoldfastError } from '../../errors.ts';
import { canSeal, MarkSeals } from '../catalog/mark-seals.ts';
import { at, type Context, type NamedRepository } from '../context.ts';
import type { EveryCopy, Unanswered } from '../find-set.ts';
import type { OpenedSet } from '../opened-set.ts';
import { markAnomalies, spreadAnomalies } from './mark-anomalies.ts';
import { readHistory } from './read-history.ts';

export interface AnomalyJudgeOptions extends EveryCopy {
  /** What the plan takes, as the config has it now; undefined where the config does not have the plan. */
  wish: PlanWish | undefined;
  /** Whether the database may be without a row. */
  isEmptyExpected: boolean;
}

export interface Judgement {
  /** What is unlike the earlier sets, the worst first; where the set was judged before, what is still suspected. */
  anomalies: readonly Anomaly[];
  /** How many earlier sets it was compared with; null where it was not compared. */
  comparedWith: number | null;
  /** Copies that should be SUSPECT and could not be marked. */
  unmarked: readonly Unanswered[];
}

const NOT_JUDGED: Judgement = { anomalies: [], comparedWith: null, unmarked: [] };

/**
 * Compares a set with the earlier ones, once in its life: when it becomes CHECKED. The verdict is of
 * the rows, which are the same in every copy, so every copy is marked before any becomes CHECKED.
 */
export class AnomalyJudge {
  readonly #everywhere: Context;
  readonly #options: AnomalyJudgeOptions;
  #judging: Promise<Judgement> | undefined;
  #judgement = NOT_JUDGED;

  constructor(everywhere: Context, options: AnomalyJudgeOptions) {
    this.#everywhere = everywhere;
    this.#options = options;
  }

  /** Of a copy of a server nothing is judged. @param set a copy that was read back whole. @throws HoldfastError when a repository fails. */
  async judge(set: OpenedSet<Manifest>): Promise<Judgement> {
    const { manifest } = set;
    if (manifest.kind !== 'logical') return NOT_JUDGED;
    this.#judging ??= this.#judge(manifest);
    this.#judgement = await this.#judging;
    return this.#judgement;
  }

  /** Nothing before a copy was judged. */
  get judgement(): Judgement {
    return this.#judgement;
  }

  async #judge(manifest: LogicalManifest): Promise<Judgement> {
    const { copies, unanswered, wish } = this.#options;
    if (!canSeal(this.#everywhere.keys)) return NOT_JUDGED;
    if (await this.#wasJudged())
      return { ...NOT_JUDGED, ...(await spreadAnomalies(this.#everywhere, copies)) };
    if (wish !== undefined && !fulfils(manifest, wish)) return NOT_JUDGED;
    if (this.#options.isEmptyExpected && isEmptySet(manifest)) return NOT_JUDGED;
    const earlier = await readHistory(this.#everywhere, manifest, {
      wish,
      places: copies.map(({ place }) => place),
    });
    const anomalies = judgeAnomalies(measureSet(manifest), earlier);
    const unmarked = anomalies.some(isCritical)
      ? [...(await this.#mark(anomalies)), ...unanswered]
      : [];
    return { anomalies, comparedWith: earlier.length, unmarked };
  }

  /** A mark `checked` that nobody sealed says nothing. */
  async #wasJudged(): Promise<boolean> {
    for (const { entry, place } of this.#options.copies) {
      if (!wasChecked(entry)) continue;
      const seals = new MarkSeals(at(this.#everywhere, place), {
        kinds: ['checked'],
        isEvery: true,
      });
      if (wasChecked(await seals.open(entry))) return true;
    }
    return false;
  }

  #mark(anomalies: readonly Anomaly[]): Promise<Unanswered[]> {
    const content = {
      operation: 'verify',
      code: anomalies[0]?.code,
      reason: reasonOf(anomalies),
      by: this.#everywhere.actor,
      anomalies,
    };
    return markAnomalies(this.#everywhere, { copies: this.#options.copies, content });
  }
}

/** Whether the mark that makes this copy SUSPECT could not be put. */
export function isUnmarked({ unmarked }: Judgement, { name }: NamedRepository): boolean {
  return unmarked.some(({ place }) => place.name === name);
}

/** The failure of a verification that found the set unlike the earlier ones; undefined where somebody has accepted that. */
export function failureOf(
  { anomalies, unmarked }: Judgement,
  now: CatalogEntry,
): HoldfastError | undefined {
  const stands = now.suspicions.some(({ kind }) => kind === 'anomaly');
  const isAccepted = anomalyMarkNames(now).length > 0 && !stands;
  if (!anomalies.some(isCritical) || isAccepted) return undefined;
  const missing = unmarked.map(({ place, error }) => ({ name: place.name, reason: error.message }));
  return anomalyFound({ id: now.id, anomalies, unmarked: missing });
}
