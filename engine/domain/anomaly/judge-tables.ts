import type { Anomaly } from './anomaly.ts';
import { type EarlierRows, type History, nameOf, TablesOfSet } from './history.ts';
import type { SetMeasures, TableRows } from './measures.ts';
import {
  type Direction,
  FEWEST_VALUES,
  hasLeaked,
  isSteady,
  medianOf,
  outOfLine,
} from './statistics.ts';

export const FLOOR_ROWS = 1000;
/** Of all rows of a set: a table that had less may be a queue. */
const LARGE_SHARE = 0.2;

/** Rows of each table, with its partitions, against those of the same table in the earlier sets. */
export function judgeTables(set: SetMeasures, history: History): Anomaly[] {
  return [
    ...set.tables.flatMap((table) => judgeTable(table, { set, history }) ?? []),
    ...judgeVanished(set, history),
  ];
}

interface Compared {
  set: SetMeasures;
  history: History;
}

function judgeTable(table: TableRows, { set, history }: Compared): Anomaly | undefined {
  const { origin } = set;
  const earlier = history.rowsOf(table, { origin, by: 'oid' });
  const direction = directionOf(table.rows, earlier);
  if (direction === undefined) return undefined;
  if (isSwap(table, { history, origin, direction })) return undefined;
  return rowsAnomaly(table, {
    direction,
    median: medianOf(earlier.map(({ rows }) => rows)),
    sets: earlier.length,
  });
}

interface SwapOptions {
  history: History;
  origin: string;
  direction: Direction;
}

/**
 * Loads that fill a second table and exchange the names leave the rows where the application looks
 * for them: under the name nothing has changed.
 */
function isSwap(table: TableRows, { history, origin, direction }: SwapOptions): boolean {
  const named = history.rowsOf(table, { origin, by: 'name' });
  return named.length > 0 && directionOf(table.rows, named) !== direction;
}

/** A table that is empty now and then is a queue, and may fill up. */
function directionOf(value: number, earlier: readonly EarlierRows[]): Direction | undefined {
  const values = earlier.map(({ rows }) => rows);
  if (value === 0) return isEmptied(earlier) ? 'down' : undefined;
  const direction = outOfLine(value, { values, floor: FLOOR_ROWS });
  if (direction === 'up') return values.includes(0) ? undefined : 'up';
  return direction ?? (hasLeaked(value, { values, floor: FLOOR_ROWS }) ? 'down' : undefined);
}

/**
 * Whether a table that is empty now had rows in each earlier set, and enough of them. A queue is
 * empty now and then, so below seven sets only a table counts that was steady or a large part of all
 * rows; from seven sets on also a small one whose rows hardly change.
 */
function isEmptied(earlier: readonly EarlierRows[]): boolean {
  const values = earlier.map(({ rows }) => rows);
  if (values.length === 0 || values.includes(0)) return false;
  const isLarge = values.every((rows) => rows >= FLOOR_ROWS);
  if (values.length >= FEWEST_VALUES) return isLarge || isUnusual(values);
  const isMost = earlier.every(({ rows, ofAll }) => rows > LARGE_SHARE * ofAll);
  return isLarge && (isMost || (values.length > 1 && isSteady(values)));
}

function isUnusual(values: readonly number[]): boolean {
  return outOfLine(0, { values, floor: 0 }) === 'down';
}

interface RowsOptions {
  direction: Direction;
  median: number;
  sets: number;
}

function rowsAnomaly(
  { schema, name, rows: value }: TableRows,
  { direction, median, sets }: RowsOptions,
): Anomaly {
  const isDown = direction === 'down';
  return {
    code: isDown ? 'shrunk' : 'swollen',
    severity: isDown ? 'critical' : 'warning',
    measure: 'rows',
    table: { schema, name },
    ...{ value, median, sets },
  };
}

/** Tables of the set before that are gone. Where nobody changed the structure, something else took them away. */
function judgeVanished(set: SetMeasures, history: History): Anomaly[] {
  const [before] = history.sets;
  if (before === undefined) return [];
  const { origin, schemaHash } = before.measures;
  const now = new TablesOfSet(set);
  const names = new Set(
    before.accepted.flatMap(({ table }) => (table === null ? [] : nameOf(table))),
  );
  const isChanged = schemaHash !== set.schemaHash;
  return before.measures.tables
    .filter(({ rows }) => rows > 0)
    .filter((table) => now.find(table, origin) === undefined && !set.partitions.has(table.oid))
    .filter((table) => !names.has(nameOf(table)))
    .map((table) => {
      const earlier = history.rowsOf(table, { origin, by: 'oid' }).map(({ rows }) => rows);
      return {
        code: isChanged ? 'vanished' : 'shrunk',
        severity: isChanged ? 'warning' : 'critical',
        measure: 'rows',
        table: { schema: table.schema, name: table.name },
        ...{ value: 0, median: medianOf(earlier), sets: earlier.length },
      };
    });
}
