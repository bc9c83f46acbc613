import type { LogicalManifest, UnsealedLogical, UnsealedManifest } from './manifest.ts';
import { showTable } from './table-name.ts';

/** Tables that a plan named: all of them with their partitions, and those of them that are no partition of another one. */
export interface NamedTables {
  all: readonly string[];
  roots: readonly string[];
}

/** What a set holds of its database, as far as it decides whether another set can stand in for it. */
export interface SetScope {
  hasSchema: boolean;
  hasRows: boolean;
  /** The only tables whose rows it holds; null for all. */
  only: NamedTables | null;
  /** Tables whose rows it does not hold. */
  except: NamedTables;
}

export const WHOLE: SetScope = {
  hasSchema: true,
  hasRows: true,
  only: null,
  except: { all: [], roots: [] },
};

/** Of a set of any kind: a physical one holds everything. */
export function scopeOfSet(manifest: UnsealedManifest): SetScope {
  return manifest.kind === 'logical' ? scopeOf(manifest) : WHOLE;
}

export function scopeOf({
  selection,
  tables,
}: Pick<UnsealedLogical, 'selection' | 'tables'>): SetScope {
  const { contents } = selection;
  return {
    hasSchema: contents !== 'data',
    hasRows: contents !== 'schema',
    only: selection.tables === null ? null : namedTables(selection.tables, tables),
    except: namedTables(selection.excludedTables, tables),
  };
}

/**
 * Whether whatever a plan with the scope of `older` asks for is in `younger` too. Partitions come and go, so of the tables that one
 * set names as a whole the other may hold other partitions; a table or partition that was named by itself must be there.
 */
export function standsInFor(younger: SetScope, older: SetScope): boolean {
  if (older.hasSchema && !younger.hasSchema) return false;
  if (!older.hasRows) return true;
  if (!younger.hasRows) return false;
  const { only } = older;
  if (younger.only !== null)
    return (
      only !== null && areIn(only.roots, younger.only.all) && areApart(only.all, younger.except.all)
    );
  return only === null
    ? areIn(younger.except.roots, older.except.all)
    : areApart(only.all, younger.except.all);
}

function areIn(names: readonly string[], others: readonly string[]): boolean {
  return names.every((name) => others.includes(name));
}

function areApart(names: readonly string[], others: readonly string[]): boolean {
  return !names.some((name) => others.includes(name));
}

function namedTables(
  named: LogicalManifest['selection']['excludedTables'],
  tables: LogicalManifest['tables'],
): NamedTables {
  if (named.length === 0) return WHOLE.except;
  const all = named.map(showTable);
  const namesByOid = new Map(tables.map((table) => [table.oid, showTable(table)]));
  const parents = new Map(
    tables.map((table) => [showTable(table), namesByOid.get(table.partitionOf ?? 0)]),
  );
  const among = new Set(all);
  return { all, roots: all.filter((name) => !among.has(parents.get(name) ?? '')) };
}
