import type { TocEntry } from '../archive-toc.ts';
import { causeOf, type RefusalCause } from './surroundings.ts';

/**
 * A statement that a server refused, as its log has it. Message, context and statement may quote rows. Texts are decoded without loss
 * (see decodeBytes), as those of an archive.
 */
export interface RefusedStatement {
  sqlState: string;
  message: string;
  context: string;
  statement: string;
}

/** An entry of the table of contents of an archive, to which a refusal can be traced back. */
export type ArchiveItem = TocEntry & {
  /** Of rows. */
  copyStatement: string;
};

/** What was refused, and why. */
export interface Refusal {
  /** Undefined where the statement is not that of one entry. */
  item: ArchiveItem | undefined;
  cause: RefusalCause;
  refused: RefusedStatement;
}

/** Of objects that are not there; what lacks them is a consequence of another refusal, where there is one that it depends on. */
const UNDEFINED = /^(42704|42P01|42883|42703|3F000|42P17|42809|55000)$/;

/**
 * Traces each refused statement back to the entry of the archive that it comes from. Where an entry depends on one that was refused
 * too, it failed as a consequence and has the cause of that one.
 */
export function refusalsOf(
  statements: readonly RefusedStatement[],
  items: readonly ArchiveItem[],
): Refusal[] {
  const byStatement = new Map<string, ArchiveItem>();
  for (const item of items)
    for (const statement of [item.definition, item.copyStatement])
      if (statement.trim() !== '') byStatement.set(statement.trim(), item);
  const found = new Map<ArchiveItem | string, Refusal>();
  for (const refused of statements) {
    const item = byStatement.get(refused.statement.trim());
    // A parallel worker and its leader both log the same refusal.
    found.set(item ?? refused.statement, { item, refused, cause: causeOf(refused, item) });
  }
  return withConsequences(withoutAfterthoughts([...found.values()]), items);
}

/** Statements about an object that was refused, such as ALTER ... OWNER TO, are no entries of their own. */
function withoutAfterthoughts(found: readonly Refusal[]): Refusal[] {
  const hasEntry = found.some(({ item }) => item !== undefined);
  return found.filter(
    ({ item, refused }) => item !== undefined || !hasEntry || !UNDEFINED.test(refused.sqlState),
  );
}

function withConsequences(found: readonly Refusal[], items: readonly ArchiveItem[]): Refusal[] {
  const byTable = new Map(
    items
      .filter(({ type }) => isTable(type))
      .map((item) => [JSON.stringify([item.schema, item.tag]), item]),
  );
  const parentsOf = (item: ArchiveItem) => {
    const table =
      item.type === 'TABLE DATA' ? byTable.get(JSON.stringify([item.schema, item.tag])) : undefined;
    return table === undefined ? item.dependsOn : [...item.dependsOn, table.dumpId];
  };
  const refusedById = new Map(found.flatMap((one) => (one.item ? [[one.item.dumpId, one]] : [])));
  const rootOf = (refusal: Refusal, seen: ReadonlySet<number> = new Set()): Refusal => {
    const { item, refused } = refusal;
    if (item === undefined || !UNDEFINED.test(refused.sqlState)) return refusal;
    for (const id of parentsOf(item)) {
      const parent = refusedById.get(id);
      if (parent !== undefined && !seen.has(id)) return rootOf(parent, new Set([...seen, id]));
    }
    return refusal;
  };
  return found.map((refusal) => ({ ...refusal, cause: rootOf(refusal).cause }));
}

function isTable(type: string): boolean {
  return type === 'TABLE' || type === 'FOREIGN TABLE';
}
