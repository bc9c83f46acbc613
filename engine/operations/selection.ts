import type { PlanConfig } from '../config/schema.ts';
import { type Relation, selectRelations } from '../postgres/relations.ts';

/** Which tables' rows a run takes. The schema is always whole, so that what is restored has its types, functions and keys. */
export interface Selection {
  contents: PlanConfig['contents'];
  /** Undefined for all. */
  only: Relation[] | undefined;
  excluded: Relation[];
  /** Tables whose rows are dumped. */
  dumped: Relation[];
}

/** @throws HoldfastError NOTHING_TO_DUMP when a named table does not exist. */
export function chooseTables(
  relations: readonly Relation[],
  { contents, tables, excludeTables }: Pick<PlanConfig, 'contents' | 'tables' | 'excludeTables'>,
): Selection {
  const only = tables === undefined ? undefined : selectRelations(relations, tables);
  const excluded = excludeTables === undefined ? [] : selectRelations(relations, excludeTables);
  if (contents === 'schema') return { contents, only, excluded, dumped: [] };
  const without = new Set(excluded.map(({ oid }) => oid));
  return { contents, only, excluded, dumped: (only ?? relations).filter(({ oid }) => !without.has(oid)) };
}
