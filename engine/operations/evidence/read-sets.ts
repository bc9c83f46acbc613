import { PREFIX } from '../../contract.ts';
import { parseBasicTime } from '../../domain/backup-id.ts';
import { type EvidenceSet, seriesKey } from '../../domain/evidence/evidence.ts';
import { encodeName } from '../../domain/key.ts';
import { type Manifest, plaintextBytes, rowsOf, storedBytes } from '../../domain/manifest.ts';
import { fulfilsPlan, type PlanWish } from '../../domain/plan-wish.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { type CatalogedSet, readEntries, surveySets } from '../catalog.ts';
import type { NamedRepository } from '../context.ts';

export interface SetsOptions {
  from: Date;
  plans: Readonly<Record<string, PlanWish>>;
  /** Told the time of every set, however old. */
  onSign: (series: { plan: string; database: string }, at: Date) => void;
}

/**
 * Sets of the month, and the newest of each plan and database before it. Manifests of older sets are not read.
 * @throws HoldfastError when the repository fails.
 */
export async function readSets(
  { name, repository }: NamedRepository,
  { from, plans, onSign }: SetsOptions,
): Promise<EvidenceSet[]> {
  const entries = await readEntries(repository);
  for (const entry of entries) onSign(entry, timeOf(entry));
  for await (const { key, modifiedAt } of repository.list(`${PREFIX.keys}/expected/`))
    for (const series of seriesOf(key, plans)) onSign(series, modifiedAt);
  return surveySets(repository, (set) => evidenceOf(set, { name, wish: plans[set.plan] }), {
    entries: wanted(entries, from),
  });
}

/** A check of the stack has seen this plan and database by then. */
function seriesOf(key: string, plans: SetsOptions['plans']): { plan: string; database: string }[] {
  const [, , plan = '', file = ''] = key.split('/');
  const found = Object.keys(plans).find((one) => encodeName(one) === plan);
  if (found === undefined) return [];
  try {
    return [{ plan: found, database: decodeURIComponent(file.replace(/\.json$/, '')) }];
  } catch {
    return [];
  }
}

function timeOf({ id }: CatalogEntry): Date {
  return parseBasicTime(id) ?? new Date(0);
}

/** How long before the month the last sets are asked for, since the newest may hold less than its plan takes. */
const BEFORE = 3;

function wanted(entries: readonly CatalogEntry[], from: Date): CatalogEntry[] {
  const before = new Map<string, CatalogEntry[]>();
  const inMonth: CatalogEntry[] = [];
  for (const entry of entries) {
    if (timeOf(entry) >= from) inMonth.push(entry);
    else
      before.set(seriesKey(entry), [...(before.get(seriesKey(entry)) ?? []), entry].slice(-BEFORE));
  }
  return [...[...before.values()].flat(), ...inMonth];
}

function evidenceOf(
  set: CatalogedSet,
  { name, wish }: { name: string; wish: PlanWish | undefined },
): EvidenceSet {
  const { plan, database, id, state, checkedAt, provenAt, isWhole, isHeld, manifest } = set;
  const date = (iso: string | null | undefined) => (iso == null ? null : new Date(iso));
  return {
    ...{ plan, database, id, state, checkedAt, provenAt, isHeld },
    isWhole: manifest !== undefined && isWhole,
    fulfilsPlan: manifest === undefined || wish === undefined || fulfilsPlan(manifest, wish),
    startedAt: date(manifest?.startedAt) ?? timeOf(set),
    completedAt: date(manifest?.completedAt),
    snapshotAt: date(momentOf(manifest)),
    scheduledFor: date(manifest?.scheduledFor),
    keepUntil: date(manifest?.keepUntil),
    rows: manifest === undefined ? null : rowsOf(manifest),
    storedBytes: manifest === undefined ? null : storedBytes(manifest),
    plaintextBytes: manifest === undefined ? null : plaintextBytes(manifest),
    keys: [...new Set(manifest?.keys.map(({ type }) => type) ?? [])],
    repositories: [name],
    problem: set.problem ?? set.damage,
  };
}

const ORDER = ['STORED', 'CHECKED', 'PROVEN', 'SUSPECT'] as const;

/** One set for all its copies: a suspicion of any counts, and a proof of any. */
export function mergeCopies(sets: readonly EvidenceSet[]): EvidenceSet[] {
  const merged = new Map<string, EvidenceSet>();
  for (const set of sets) {
    const key = `${seriesKey(set)}${set.id}`;
    const other = merged.get(key);
    merged.set(key, other === undefined ? set : mergeTwo(other, set));
  }
  return [...merged.values()].sort(
    (one, other) => one.startedAt.getTime() - other.startedAt.getTime(),
  );
}

function mergeTwo(one: EvidenceSet, other: EvidenceSet): EvidenceSet {
  const [base, more] = one.completedAt === null ? [other, one] : [one, other];
  const later = (a: Date | null, b: Date | null) => (a === null || (b !== null && b > a) ? b : a);
  return {
    ...base,
    state: ORDER.indexOf(more.state) > ORDER.indexOf(base.state) ? more.state : base.state,
    checkedAt: later(base.checkedAt, more.checkedAt),
    provenAt: later(base.provenAt, more.provenAt),
    isHeld: base.isHeld || more.isHeld,
    repositories: [...one.repositories, ...other.repositories],
    problem: base.problem ?? more.problem,
  };
}

/** The moment that the set leads back to, where it is known. */
function momentOf(manifest: Manifest | undefined): string | undefined {
  return manifest?.kind === 'logical' ? manifest.snapshot?.takenAt : undefined;
}
