import { objectKey } from '../../domain/key.ts';
import { MARK_LIMIT_BYTES } from '../../domain/set/mark-body.ts';
import { markName, type SuspicionKind } from '../../domain/set/mark-name.ts';
import { parseDocument } from '../../domain/set/parse-document.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { isHoldfastError } from '../../errors.ts';
import { type MarkContext, putMark } from '../marks.ts';

/**
 * Marks of older versions do not say in their names what a suspicion rests on; their contents do. Puts a mark of the same
 * second with the kind beside each, so that what is found now can end it. A mark that can't be read is left as it is.
 */
export async function nameSuspicionKinds(context: MarkContext, entry: CatalogEntry): Promise<void> {
  for (const { at, kind } of entry.suspicions) {
    if (kind !== undefined) continue;
    const content = await readMark(context, objectKey(entry, markName('suspect', at)));
    if (content === undefined) continue;
    await putMark({ ...context, clock: { now: () => at } }, entry, {
      mark: 'suspect',
      kind: kindOf(content),
      content: { ...content, at: at.toISOString() },
    });
  }
}

/** A drill wrote what failed; what spread from the drill of another copy wrote where that lies. */
function kindOf(content: Record<string, unknown>): SuspicionKind {
  return 'failedChecks' in content || 'foundIn' in content ? 'drill' : 'damage';
}

/** The content of a mark; undefined where it can not be read or is not a JSON object. */
export async function readMark(
  { repository }: Pick<MarkContext, 'repository'>,
  key: string,
): Promise<Record<string, unknown> | undefined> {
  try {
    const bytes = await repository.get(key, { limitBytes: MARK_LIMIT_BYTES });
    const document = parseDocument(bytes);
    const content = 'value' in document ? document.value : undefined;
    return typeof content === 'object' && content !== null
      ? (content as Record<string, unknown>)
      : undefined;
  } catch (error) {
    if (isHoldfastError(error)) return undefined;
    throw error;
  }
}
