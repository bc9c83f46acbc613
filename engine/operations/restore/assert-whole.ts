import type { TocEntry } from '../../domain/archive-toc.ts';
import { quoteForShell } from '../../domain/command-quoting.ts';
import type { ManifestTable } from '../../domain/manifest.ts';
import { quoteTable, showTable } from '../../domain/table-name.ts';
import { HoldfastError } from '../../errors.ts';
import type { Session } from '../../postgres/session.ts';
import { findLacking } from './lacking-belongings.ts';

export interface FilledErrand {
  action: 'created' | 'filled' | 'beside';
  request: { name: string };
  root: ManifestTable;
  tables: readonly ManifestTable[];
}

export interface WholeOptions {
  session: Session;
  definitions: () => Promise<readonly TocEntry[]>;
  keepGoing: boolean;
  onNote: (note: string) => void;
}

/**
 * A table that is filled keeps the keys and indexes that it has, and notes say what it lacks. One
 * with none of them was left by a restore that was killed before it made them, and would look whole
 * with its rows. @throws HoldfastError TARGET_NOT_EMPTY.
 */
export async function assertWhole(
  errands: readonly FilledErrand[],
  { session, definitions, keepGoing, onNote }: WholeOptions,
): Promise<void> {
  for (const { action, request, root, tables } of errands) {
    if (action !== 'filled') continue;
    const toc = await definitions();
    const all = tables.some(({ oid }) => oid === root.oid) ? tables : [root, ...tables];
    const { what, isHalfMade } = await findLacking(session, { toc, tables: all });
    if (what.length === 0) continue;
    const lacks = `the empty table ${showTable(root)} of the target lacks what the backup has of it: ${what.join('; ')}`;
    if (!isHalfMade || keepGoing) {
      onNote(lacks);
      continue;
    }
    throw new HoldfastError({
      code: 'TARGET_NOT_EMPTY',
      message: `${lacks}; it has none of its keys and indexes, as after a restore that was killed`,
      hint: `Drop the empty table, and run the same command again, which makes it whole: DROP TABLE ${quoteTable(root)}; Or fill it as it is, with --keep-going, or put the rows beside it: --table ${quoteForShell(request.name)} --as ${quoteForShell(`${root.name}_restored`)}.`,
    });
  }
}
