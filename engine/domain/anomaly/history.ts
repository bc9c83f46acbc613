import type { MeasureName } from './anomaly.ts';
import type { SetMeasures, TableRows } from './measures.ts';

/** Earlier sets that a set is compared with, at most. */
export const MOST_EARLIER = 30;

/** An earlier set. */
export interface EarlierSet {
  measures: SetMeasures;
  /** What somebody accepted of it as the new normal: of these measures it begins the baseline. */
  accepted: readonly MeasureName[];
}

/** Tables of one set, to be found by oid or by name. */
export class TablesOfSet {
  readonly #byOid: ReadonlyMap<number, TableRows>;
  readonly #byName: ReadonlyMap<string, TableRows>;
  readonly #origin: string;

  constructor({ tables, origin }: Pick<SetMeasures, 'tables' | 'origin'>) {
    this.#byOid = new Map(tables.map((table) => [table.oid, table]));
    this.#byName = new Map(tables.map((table) => [nameOf(table), table]));
    this.#origin = origin;
  }

  /** A renamed table keeps its oid; a restored one has its name only. */
  find(table: TableRows, origin: string): TableRows | undefined {
    const same = origin === this.#origin ? this.#byOid.get(table.oid) : undefined;
    return same ?? this.named(table);
  }

  named(table: Pick<TableRows, 'schema' | 'name'>): TableRows | undefined {
    return this.#byName.get(nameOf(table));
  }
}

export function nameOf({ schema, name }: Pick<TableRows, 'schema' | 'name'>): string {
  return JSON.stringify([schema, name]);
}

/** The earlier sets, newest first, each with its tables at hand. */
export class History {
  readonly sets: readonly (EarlierSet & { tables: TablesOfSet })[];

  /** @param earlier newest first. */
  constructor(earlier: readonly EarlierSet[]) {
    this.sets = earlier
      .slice(0, MOST_EARLIER)
      .map((set) => ({ ...set, tables: new TablesOfSet(set.measures) }));
  }

  /** Earlier values of a measure of the whole set, newest first, back to the one that was accepted. */
  valuesOf(
    measure: Exclude<MeasureName['measure'], 'rows'>,
    measured: (set: SetMeasures) => number | null,
  ): number[] {
    const values: number[] = [];
    for (const { measures, accepted } of this.sets) {
      const value = measured(measures);
      if (value !== null) values.push(value);
      if (accepted.some((one) => one.measure === measure)) break;
    }
    return values;
  }

  /** Earlier rows of a table, newest first, back to the set in which they were accepted. */
  rowsOf(table: TableRows, { origin, by }: { origin: string; by: 'oid' | 'name' }): EarlierRows[] {
    const found: EarlierRows[] = [];
    for (const { measures, accepted, tables } of this.sets) {
      const same = by === 'oid' ? tables.find(table, origin) : tables.named(table);
      if (same === undefined) continue;
      found.push({ rows: same.rows, ofAll: measures.rows ?? 0 });
      const isAccepted = accepted.some(
        (one) => one.table !== null && nameOf(one.table) === nameOf(same),
      );
      if (isAccepted) break;
    }
    return found;
  }
}

export interface EarlierRows {
  rows: number;
  /** Rows of all tables of that set. */
  ofAll: number;
}
