import { objectKey } from '../../domain/key.ts';
import { MARK_LIMIT_BYTES, parseSealedMark } from '../../domain/set/mark-body.ts';
import { markName } from '../../domain/set/mark-name.ts';
import { type SetSummary, summaryIn } from '../../domain/set/set-summary.ts';
import { fitsListing, maySpeak } from '../../domain/set/summary-fit.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';

const OF_ONE_MARK: ReadonlySet<string> = new Set([
  'OBJECT_MISSING',
  'OBJECT_COLD',
  'OBJECT_DAMAGED',
  'ACCESS_DENIED',
]);

/**
 * What the newest mark `checked` says of a manifest; undefined where the manifest has to be read: an older version wrote the mark, it
 * has no seal or does not fit the listing. The seal is not opened: whoever may write in the repository may have written it.
 * @throws HoldfastError when the repository fails.
 */
export async function readSummary(
  entry: CatalogEntry,
  repository: Pick<Repository, 'get'>,
): Promise<SetSummary | undefined> {
  if (!maySpeak(entry) || entry.checkedAt === null) return undefined;
  const key = objectKey(entry, markName('checked', entry.checkedAt));
  const content = await repository
    .get(key, { limitBytes: MARK_LIMIT_BYTES })
    .catch((error: unknown) => {
      if (isHoldfastError(error) && !OF_ONE_MARK.has(error.code)) throw error;
      return undefined;
    });
  const body = content && parseSealedMark(content)?.body;
  if (typeof body?.manifest !== 'string') return undefined;
  const summary = summaryIn(body);
  return summary !== undefined && fitsListing(summary, entry) ? summary : undefined;
}
