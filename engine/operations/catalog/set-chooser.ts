import { describeForged } from '../../domain/set/mark-authenticity.ts';
import { isMeant, mayBeMeant, type SetName } from '../../domain/set-name.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import type { CatalogedSet } from '../catalog.ts';
import type { Context, NamedRepository } from '../context.ts';
import { MarkSeals, type SealsContext, withoutSealedMarks } from './mark-seals.ts';

export interface SetChooserOptions {
  place: NamedRepository;
  /** Undefined: marks are taken by their names. */
  seals: SealsContext | undefined;
  progress: Context['progress'];
}

/** Finds which sets of one repository a name means, and opens the seals of marks where the answer depends on them. */
export class SetChooser {
  readonly #name: SetName;
  readonly #options: SetChooserOptions;
  readonly #seals: MarkSeals | undefined;

  constructor(name: SetName, options: SetChooserOptions) {
    this.#name = name;
    this.#options = options;
    const { seals, place } = options;
    this.#seals =
      seals === undefined ? undefined : new MarkSeals({ ...seals, repository: place.repository });
  }

  /** By the listing alone. A set that is marked as released may be meant all the same: the mark may be forged. */
  mayBeMeant(entry: CatalogEntry): boolean {
    if (mayBeMeant(this.#name, entry)) return true;
    return (
      this.#seals !== undefined &&
      entry.isReleased &&
      mayBeMeant(this.#name, { ...entry, isReleased: false })
    );
  }

  /** The set as its authentic marks have it, where that can make a difference. */
  async judge(set: CatalogedSet): Promise<CatalogedSet> {
    const isNamed = isMeant(this.#name, set);
    if (this.#seals === undefined || (isNamed && isMeant(this.#name, withoutSealedMarks(set))))
      return set;
    if (this.#seals.canOpen) return this.#seals.open(set);
    if (isNamed)
      this.#options.progress({
        phase: 'find',
        note: `${set.id} is ${set.state} by the names of its marks only: the break-glass key can not tell whether they are genuine`,
      });
    return set;
  }

  sayForged(): void {
    for (const mark of this.#seals?.forged ?? [])
      this.#options.progress({ phase: 'find', note: describeForged(mark) });
  }
}
