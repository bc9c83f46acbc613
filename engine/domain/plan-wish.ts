import type { UnsealedLogical, UnsealedManifest } from './manifest.ts';
import { findNamedTables } from './named-tables.ts';
import { scopeOf, standsInFor } from './set-scope.ts';

/** What a plan takes of a database, as its config says it. */
export interface PlanWish {
  contents: 'all' | 'schema' | 'data';
  tables?: readonly string[] | undefined;
  excludeTables?: readonly string[] | undefined;
}

type Taken = Pick<UnsealedLogical, 'selection' | 'tables'>;

/** Whether a set of any kind holds all that a plan asks for: a copy of the server does. */
export function fulfilsPlan(set: UnsealedManifest, wish: PlanWish): boolean {
  return set.kind !== 'logical' || fulfils(set, wish);
}

/** Whether a set holds all that a plan asks for: `backup --schema-only` or `--table` leaves a set that may hold less. */
export function fulfils(
  set: Taken,
  { contents, tables: named, excludeTables = [] }: PlanWish,
): boolean {
  const { tables, missing } =
    named === undefined ? { tables: null, missing: [] } : findNamedTables(set.tables, named);
  if (contents !== 'schema' && missing.length > 0) return false;
  const excludedTables = findNamedTables(set.tables, excludeTables).tables;
  return standsInFor(
    scopeOf(set),
    scopeOf({ selection: { contents, tables, excludedTables }, tables: set.tables }),
  );
}

/** Whether a run takes what its plan asks for, no less and no more. */
export function isSameWish(one: PlanWish, other: PlanWish): boolean {
  const shape = ({ contents, tables, excludeTables }: PlanWish) =>
    JSON.stringify([contents, tables, excludeTables]);
  return shape(one) === shape(other);
}
