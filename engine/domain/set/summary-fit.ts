import { MANIFEST_NAME } from '../../contract.ts';
import { parseBasicTime } from '../backup-id.ts';
import type { CatalogEntry } from '../set-state.ts';
import { mayMislead } from './mark-authenticity.ts';
import { parseMark } from './mark-name.ts';
import type { SetSummary } from './set-summary.ts';

/** Whether the summary in the newest mark `checked` may speak for the manifest: not where other marks raise a question. */
export function maySpeak(entry: CatalogEntry): boolean {
  return entry.checkedAt !== null && entry.sizes !== undefined && !mayMislead(entry);
}

/**
 * Whether a summary that nobody opened is of this set as the listing shows it: begun at the time of its id, with these objects in
 * these sizes and no other, and a manifest of the same size. Where it is not, the manifest is read.
 */
export function fitsListing(summary: SetSummary, { id, sizes }: CatalogEntry): boolean {
  const begun = Math.floor(Date.parse(summary.startedAt) / 1000) * 1000;
  if (sizes === undefined || parseBasicTime(id)?.getTime() !== begun) return false;
  if (summary.manifestBytes !== sizes.get(MANIFEST_NAME)) return false;
  const own = [...sizes].filter(([name]) => name !== MANIFEST_NAME && !parseMark(name));
  return (
    own.length === Object.keys(summary.sizes).length &&
    own.every(([name, bytes]) => summary.sizes[name] === bytes)
  );
}
