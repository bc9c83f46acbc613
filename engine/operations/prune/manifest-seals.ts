import { type SetAddress, setPrefix } from '../../domain/key.ts';
import type { RetentionDecision } from '../../domain/retention.ts';
import type { RetentionSet } from '../../domain/retention-set.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { HoldfastError } from '../../errors.ts';
import type { AlteredSet } from '../catalog/mark-seals.ts';
import type { Context } from '../context.ts';
import { checkSeal, type ManifestDoubt } from '../seal-check.ts';

/** Manifests of other sets that are opened in one run: all of them have their turn, a few a day. */
const PATROLLED = 50;
const DAY_MS = 86_400_000;

/**
 * Opens the seals of manifests on which retention relies. Whoever may write in the repository can put a manifest of valid shape
 * there: it must neither be believed nor keep the others from being pruned. Each is opened once.
 */
export class ManifestSeals {
  readonly #context: Pick<Context, 'repository' | 'keyring' | 'keys' | 'readerOf'>;
  readonly #opened = new Map<string, ManifestDoubt | undefined>();
  readonly #altered: AlteredSet[] = [];

  constructor(context: Pick<Context, 'repository' | 'keyring' | 'keys' | 'readerOf'>) {
    this.#context = context;
  }

  get altered(): readonly AlteredSet[] {
    return this.#altered;
  }

  has(set: SetAddress): boolean {
    return this.#opened.has(setPrefix(set));
  }

  /** What was found before. */
  known(set: SetAddress): ManifestDoubt | undefined {
    return this.#opened.get(setPrefix(set));
  }

  /** What speaks against its manifest; undefined where nothing does. @throws HoldfastError as checkSeal does. */
  async doubt(set: CatalogEntry): Promise<ManifestDoubt | undefined> {
    const prefix = setPrefix(set);
    if (this.#opened.has(prefix)) return this.#opened.get(prefix);
    const doubt = await checkSeal(this.#context, set);
    this.#opened.set(prefix, doubt);
    if (doubt?.error !== undefined) this.#altered.push({ entry: set, error: doubt.error });
    return doubt;
  }
}

/** Sets that are to be released, that keep another one, or that are the newest of their plan. */
export function relevantSets(
  decisions: readonly RetentionDecision<RetentionSet>[],
): RetentionSet[] {
  const newest = new Map<string, RetentionSet>();
  const needed = new Set<string>();
  for (const { set, reasons } of decisions) {
    if (!set.isReleased) newest.set(JSON.stringify([set.plan, set.database]), set);
    if (reasons.some(({ code }) => code === 'needed')) needed.add(`${set.database}/${set.id}`);
  }
  const isNeeding = ({ database, terms }: RetentionSet) =>
    typeof terms?.previous === 'string' && needed.has(`${database}/${terms.previous}`);
  const isRelevant = ({ set, action }: RetentionDecision<RetentionSet>) =>
    (action === 'release' && !set.isReleased) || isNeeding(set);
  const chosen = decisions.filter(isRelevant).map(({ set }) => set);
  return [...new Set([...chosen, ...newest.values()])].filter(({ terms }) => terms !== undefined);
}

/** Some of the sets, other ones each day. */
export function patrolledSets<T extends RetentionSet>(sets: readonly T[], now: Date): T[] {
  const there = sets.filter(({ terms, isReleased }) => terms !== undefined && !isReleased);
  const from = (Math.floor(now.getTime() / DAY_MS) * PATROLLED) % Math.max(there.length, 1);
  return [...there.slice(from), ...there.slice(0, from)].slice(0, PATROLLED);
}

/** Whether somebody accepted that the bytes of the set are bad. */
export function isKnownDamage({ suspicions }: Pick<RetentionSet, 'suspicions'>): boolean {
  return suspicions.some(({ kind = 'damage', isAccepted }) => kind === 'damage' && isAccepted);
}

/** What keeping it means for the others, and the command that ends it. */
export function describeAltered({ entry, error }: AlteredSet): string {
  const { id } = entry;
  const others = isKnownDamage(entry)
    ? 'it was accepted, so retention of the other sets goes on'
    : `the sets as old as it and older stay, too, until \`holdfast accept ${id}\``;
  return `${id} stays and counts for nothing: ${error.message}; ${others}`;
}

export function manifestsAltered(
  altered: readonly AlteredSet[],
  { location }: { location: string },
): HoldfastError {
  const ids = altered.map(({ entry }) => entry.id);
  const [id] = ids;
  const more = ids.length > 3 ? ` and ${ids.length - 3} more` : '';
  return new HoldfastError({
    code: 'MANIFEST_ALTERED',
    message: `manifests in ${location} were not written by a holder of the key, or were changed later: ${ids.slice(0, 3).join(', ')}${more}`,
    hint: `These sets stay and count for nothing. Find out who can write in this repository and change those credentials. Then \`holdfast accept ${id}\` lets retention of the other sets go on.`,
  });
}
