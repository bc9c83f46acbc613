import { strayComments } from '../../domain/archive/sections.ts';
import type { TocEntry } from '../../domain/archive-toc.ts';
import { type FailedEntry, failedEntry } from '../../domain/restore/failed-entry.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import {
  decodeArchiveText,
  encodingOf,
  hasPlainBackslashes,
} from '../../postgres/archive/archive-encoding.ts';
import { readTocOfStream } from '../../postgres/archive/read-toc.ts';
import { type Session, sqlStateOf } from '../../postgres/session.ts';
import type { OpenedSet } from '../opened-set.ts';

/** The entries of the archive of rows. */
export interface RowEntries {
  toc: readonly TocEntry[];
  rows: TocEntry[];
  /** Comments on inherited constraints, which pg_dump may put there: the constraints come later. */
  comments: TocEntry[];
}

export async function readRowEntries(set: OpenedSet): Promise<RowEntries> {
  const toc = await readTocOfStream(set.read('data'));
  const strays = strayComments(toc);
  return {
    toc,
    rows: toc.filter(({ dumpId }) => !strays.has(dumpId)),
    comments: toc.filter(({ dumpId }) => strays.has(dumpId)),
  };
}

/**
 * Gives the comments when all constraints are there.
 * @returns what the target refused, with `keepGoing`. @throws HoldfastError RESTORE_FAILED.
 */
export async function giveStrayComments(
  session: Session,
  { toc, comments, keepGoing }: RowEntries & { keepGoing: boolean },
): Promise<FailedEntry[]> {
  if (!hasPlainBackslashes(toc)) await session.query('SET standard_conforming_strings = off');
  const failures: FailedEntry[] = [];
  for (const entry of comments) {
    const statement = await decodeArchiveText(session, entry.definition, encodingOf(toc));
    await session.query(statement).catch((error: unknown) => {
      if (!isHoldfastError(error) || sqlStateOf(error) === undefined) throw error;
      failures.push(failedEntry(entry, error.message));
    });
  }
  await session.query('SET standard_conforming_strings = on');
  const [first] = failures;
  if (first === undefined || keepGoing) return failures;
  throw new HoldfastError({
    code: 'RESTORE_FAILED',
    message: `${first.object} could not be restored: ${first.reason}`,
    hint: 'Run it again with --keep-going, which restores everything else and lists what failed.',
  });
}
