import { describeEntry } from '../archive/describe-entry.ts';
import type { TocEntry } from '../archive-toc.ts';

/** Entries about the database itself, whose name is another one, and about the archive. */
const NOT_COMPARED = new Set([
  'DATABASE',
  'DATABASE PROPERTIES',
  'ENCODING',
  'STDSTRINGS',
  'SEARCHPATH',
  'STATISTICS DATA',
]);

/** One object, by which entries of two archives are the same, with what both say of it. */
export interface Difference {
  kind: 'missing' | 'unexpected' | 'different';
  entry: TocEntry;
}

/** Entries of a table of contents by type, schema, tag and owner; several may have all of them in common. */
export class Structure {
  readonly #groups: ReadonlyMap<string, readonly TocEntry[]>;

  constructor(entries: readonly TocEntry[]) {
    this.#groups = Map.groupBy(entries.filter(isCompared), keyOf);
  }

  /** What is in one of both only, or has another definition there. @param excepted entries that need not be there. */
  differencesTo(found: Structure, excepted: readonly TocEntry[] = []): Difference[] {
    const passedOver = new Set(excepted.map(keyOf));
    const keys = [...this.#groups.keys(), ...found.#groups.keys()];
    return [...new Set(keys)].flatMap((key): Difference[] => {
      const [here, there] = [this.#groups.get(key) ?? [], found.#groups.get(key) ?? []];
      const entry = here[0] ?? there[0];
      if (entry === undefined || isSame(here, there)) return [];
      if (passedOver.has(key) && there.length < here.length) return [];
      const kind =
        here.length > there.length
          ? 'missing'
          : here.length < there.length
            ? 'unexpected'
            : 'different';
      return [{ kind, entry }];
    });
  }

  /** Whether both say the same of one object. */
  agreesOn({ entry }: Difference, other: Structure): boolean {
    const key = keyOf(entry);
    return isSame(this.#groups.get(key) ?? [], other.#groups.get(key) ?? []);
  }

  get size(): number {
    return [...this.#groups.values()].reduce((sum, entries) => sum + entries.length, 0);
  }
}

function isCompared({ type, tag }: TocEntry): boolean {
  return !NOT_COMPARED.has(type) && !tag.startsWith('DATABASE ');
}

function keyOf({ type, schema, tag, owner }: TocEntry): string {
  return JSON.stringify([type, schema, tag, owner]);
}

function isSame(one: readonly TocEntry[], other: readonly TocEntry[]): boolean {
  const definitions = (entries: readonly TocEntry[]) =>
    JSON.stringify(entries.map(({ definition }) => definition).sort());
  return definitions(one) === definitions(other);
}

/**
 * Grants are written as what differs from the default, so an entry of them can vanish in a restore
 * by pg_restore itself, such as that of an extension's function whose grants are the extension's.
 */
export function isLostObject({ kind, entry }: Difference): boolean {
  return kind === 'missing' && entry.type !== 'ACL';
}

const MOST_NAMED = 5;

/** For people: the first few, by kind and name. */
export function describeDifferences(differences: readonly Difference[]): string {
  const shown = differences
    .slice(0, MOST_NAMED)
    .map(({ kind, entry }) => `${describeEntry(entry)} is ${kind}`);
  const more = differences.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
