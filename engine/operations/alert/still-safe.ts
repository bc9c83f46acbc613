import { setTimeout as sleep } from 'node:timers/promises';
import { safetyOrder } from '../../domain/alert/safety-order.ts';
import { namesIn } from '../../domain/alert-key.ts';
import type { Observation } from '../../domain/alerts.ts';
import { parseBasicTime } from '../../domain/backup-id.ts';
import { knownFailure } from '../../domain/known-failure.ts';
import type { SafetyOf } from '../../domain/run-problems.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { speakSeconds, speakTime } from '../../domain/spoken-numbers.ts';
import { PASS_OVER_HIDDEN } from '../../ports/repository.ts';
import { readEntries, withManifest } from '../catalog.ts';
import type { NamedRepository } from '../context.ts';

export interface SafetyOptions {
  repositories: () => Promise<readonly NamedRepository[]>;
  /** How long the repositories may take; the alert waits no longer. */
  patienceMs?: number;
}

const PATIENCE_MS = 20_000;
const NOT_KNOWN = 'what is still safe is not known';

/** Says of each problem of a database what can still be restored of it; never throws. */
export async function withSafety(
  observation: Observation,
  options: SafetyOptions,
): Promise<Observation> {
  const { at, problems } = observation;
  const names = problems.flatMap(({ key }) => namesIn(key).database ?? []);
  if (names.length === 0) return observation;
  const safety = await readSafety([...new Set(names)], { ...options, at });
  return {
    ...observation,
    problems: problems.map((problem) => {
      const { database } = namesIn(problem.key);
      if (database === undefined) return problem;
      return { ...problem, detail: `${problem.detail}; ${safety(database)}` };
    }),
  };
}

/**
 * What is still safe of each database. A repository that does not answer, or not in time, must not keep the alert from going out.
 */
export async function readSafety(
  databases: readonly string[],
  { repositories, at, patienceMs = PATIENCE_MS }: SafetyOptions & { at: Date },
): Promise<SafetyOf> {
  const unknown = (why: string) => () => `${NOT_KNOWN}: ${why}`;
  const over = new AbortController();
  const tooLate = sleep(patienceMs, unknown('the repositories did not answer in time'), {
    signal: over.signal,
  }).catch(() => unknown(''));
  const known = async (): Promise<SafetyOf> => {
    const places = await Promise.all((await repositories()).map(listed));
    const words = await Promise.all(databases.map((name) => safetyOf(name, { places, at })));
    const found = new Map(databases.map((name, index) => [name, words[index]]));
    return (database) => found.get(database) ?? NOT_KNOWN;
  };
  try {
    const failed = (error: unknown) => unknown(knownFailure(error).message);
    return await Promise.race([known().catch(failed), tooLate]);
  } finally {
    over.abort();
  }
}

interface Place extends NamedRepository {
  entries: readonly CatalogEntry[];
  /** Why it could not be listed. */
  problem?: string;
}

/** One repository that does not answer hides none of the others. */
function listed(named: NamedRepository): Promise<Place> {
  return readEntries(named.repository, '', PASS_OVER_HIDDEN).then(
    (entries) => ({ ...named, entries }),
    (error: unknown) => ({ ...named, entries: [], problem: knownFailure(error).message }),
  );
}

/** The newest proven set that lies there whole, else the newest good one. */
async function safetyOf(
  database: string,
  { places, at }: { places: readonly Place[]; at: Date },
): Promise<string> {
  const candidates = places.flatMap((place) => place.entries.map((entry) => ({ place, entry })));
  const safest = await firstWhole(
    safetyOrder(candidates, { database, entryOf: ({ entry }) => entry }),
  );
  if (safest?.entry.state === 'PROVEN') return `still safe: ${describe(safest, at)}`;
  if (safest !== undefined) return `still safe, but not proven: ${describe(safest, at)}`;
  const silent = places.find(({ problem }) => problem !== undefined);
  return silent === undefined
    ? 'there is no good set of it'
    : `${NOT_KNOWN}: ${silent.name}: ${silent.problem}`;
}

interface Candidate {
  place: Place;
  entry: CatalogEntry;
}

/** A set that lost an object, or that holds a part of the database only, is none to count on. */
async function firstWhole(candidates: readonly Candidate[]): Promise<Candidate | undefined> {
  for (const candidate of candidates) {
    const { damage, isWhole } = await withManifest(candidate.entry, candidate.place.repository);
    if (damage === null && isWhole) return candidate;
  }
  return undefined;
}

function describe({ place, entry: { id, state } }: Candidate, at: Date): string {
  const taken = parseBasicTime(id);
  const age = taken === undefined ? 0 : (at.getTime() - taken.getTime()) / 1000;
  const when =
    taken === undefined ? '' : ` of ${speakTime(taken)}, ${speakSeconds(Math.max(0, age))} old`;
  return `set ${id} in ${place.name}${when} (${state})`;
}
