import { parseSetKey } from '../set-state.ts';
import { parseMark } from './mark-name.ts';

/** A mark is a few hundred bytes, which are written at once. */
const MARK_MS = 3_600_000;
/** As prune gives an object without a manifest, and the lifecycle rules of a bucket an upload. */
const OBJECT_MS = 7 * 86_400_000;

export function isOfMark(key: string): boolean {
  const name = parseSetKey(key)?.name;
  return name !== undefined && parseMark(name) !== undefined;
}

/** Whether nobody has written to an open upload for so long that its process must be dead. */
export function isForsaken(
  { key, touchedAt }: { key: string; touchedAt: Date },
  now: Date,
): boolean {
  return now.getTime() - touchedAt.getTime() > (isOfMark(key) ? MARK_MS : OBJECT_MS);
}
