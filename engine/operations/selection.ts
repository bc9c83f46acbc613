import type { PlanConfig } from '../config/plan-schema.ts';
import { type Relation, selectRelations } from '../postgres/relations.ts';

/** Which tables' rows a run takes. The schema is always whole, so that what is restored has its types, functions and keys. */
export interface Selection {
  contents: PlanConfig['contents'];
  /** Undefined for all. */
  only: Relation[] | undefined;
  excluded: Relation[];
  /** Unlogged tables that would be dumped, had a standby their rows. */
  absent: Relation[];
  /** Tables whose rows are dumped. */
  dumped: Relation[];
}

type Wishes = Pick<PlanConfig, 'contents' | 'tables' | 'excludeTables'> & { isStandby: boolean };

/** @throws HoldfastError NOTHING_TO_DUMP when a named table does not exist. */
export function chooseTables(
  relations: readonly Relation[],
  { contents, tables, excludeTables, isStandby }: Wishes,
): Selection {
  const only = tables === undefined ? undefined : selectRelations(relations, tables);
  const excluded = excludeTables === undefined ? [] : selectRelations(relations, excludeTables);
  if (contents === 'schema') return { contents, only, excluded, absent: [], dumped: [] };
  const without = new Set(excluded.map(({ oid }) => oid));
  const wanted = (only ?? relations).filter(({ oid }) => !without.has(oid));
  const isAbsent = ({ isUnlogged }: Relation) => isStandby && isUnlogged;
  return {
    contents,
    only,
    excluded,
    absent: wanted.filter(isAbsent),
    dumped: wanted.filter((relation) => !isAbsent(relation)),
  };
}
