import { describeEntry } from '../../domain/archive/describe-entry.ts';
import { entriesOfTables } from '../../domain/archive-choice.ts';
import type { TocEntry } from '../../domain/archive-toc.ts';
import type { ManifestTable } from '../../domain/manifest.ts';
import { type WantedBelonging, wantedBelonging } from '../../domain/restore/wanted-belonging.ts';
import { quoteTable } from '../../domain/table-name.ts';
import { decodeArchiveText, encodingOf } from '../../postgres/archive/archive-encoding.ts';
import { readShape, type TableShape } from '../../postgres/restore/table-shape.ts';
import type { Session } from '../../postgres/session.ts';

export interface Lacking {
  /** For people: keys, indexes and identities of the set that the table of the target does not have. */
  what: string[];
  /** It has none of its keys and indexes, as a restore leaves it that was killed halfway. */
  isHalfMade: boolean;
}

export interface LackingOptions {
  /** The table of contents of the set's definitions. */
  toc: readonly TocEntry[];
  /** The table, or its partitions. */
  tables: readonly ManifestTable[];
}

/**
 * What a table of the target lacks of the keys, indexes and identities that the set has of it. One
 * with another name and the same definition, or the same name and another definition, is there.
 */
export async function findLacking(
  session: Session,
  { toc, tables }: LackingOptions,
): Promise<Lacking> {
  const shapes = new Map<string, TableShape | undefined>();
  const what: string[] = [];
  const access = { wanted: 0, lacking: 0 };
  const decode = (text: string) => decodeArchiveText(session, text, encodingOf(toc));
  for (const entry of entriesOfTables(toc, { tables })) {
    const definition = await decode(entry.definition);
    const wanted = wantedBelonging({ ...entry, definition });
    if (wanted === undefined) continue;
    const place = quoteTable(wanted.table);
    if (!shapes.has(place)) shapes.set(place, await readShape(session, wanted.table));
    const shape = shapes.get(place);
    if (shape === undefined) continue;
    const isLacking = !isThere(wanted, shape);
    if (isLacking) what.push(describeEntry({ ...entry, definition }));
    if (wanted.isAccess) access.wanted += 1;
    if (wanted.isAccess && isLacking) access.lacking += 1;
  }
  return { what, isHalfMade: access.wanted > 0 && access.lacking === access.wanted };
}

function isThere({ kind, name, definition }: WantedBelonging, shape: TableShape): boolean {
  if (kind === 'identity') return shape.identities.includes(name);
  const there = kind === 'index' ? shape.indexes : shape.constraints;
  return there.some((one) => one.name === name || one.definition === definition);
}
