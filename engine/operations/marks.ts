import { objectKey, type SetAddress, setPrefix } from '../domain/key.ts';
import { type Mark, markName, type SetMark, type SuspicionKind } from '../domain/set/mark-name.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { isHoldfastError } from '../errors.ts';
import { readEntries } from './catalog.ts';
import type { Context } from './context.ts';

export interface PutMarkOptions {
  mark: Mark;
  /** Of `suspect`, which always has one. */
  kind?: SuspicionKind;
  content: object;
}

export type MarkContext = Pick<Context, 'repository' | 'clock'>;

/** Puts a mark beside a manifest. Two equal marks of one second are one. */
export async function putMark(
  { repository, clock }: MarkContext,
  address: SetAddress,
  { mark, kind, content }: PutMarkOptions,
): Promise<void> {
  const at = clock.now();
  const body = Buffer.from(`${JSON.stringify({ at: at.toISOString(), ...content }, null, 2)}\n`);
  await repository
    .put(objectKey(address, markName(mark, at, kind)), body)
    .catch((error: unknown) => {
      if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
    });
}

/**
 * Puts a mark that is later than all that the set has: the latest decides, and marks count whole seconds of clocks that may
 * differ.
 */
export async function putLaterMark(
  { repository, clock }: MarkContext,
  entry: SetAddress & { marks: readonly SetMark[] },
  options: PutMarkOptions,
): Promise<void> {
  const youngest = Math.max(0, ...entry.marks.map(({ at }) => at.getTime()));
  const at = new Date(Math.max(clock.now().getTime(), youngest + 1000));
  await putMark({ repository, clock: { now: () => at } }, entry, options);
}

export interface SuspicionOptions {
  kind: SuspicionKind;
  content: object;
}

/**
 * Makes a set SUSPECT, later than whatever was found of it before. Nothing is written beside a set that is gone or released, nor
 * where somebody has accepted a suspicion of this kind that still stands: what is known does not freeze retention again.
 */
export async function putSuspicion(
  context: MarkContext,
  address: SetAddress,
  { kind, content }: SuspicionOptions,
): Promise<void> {
  const now = await readEntry(context, address);
  if (now === undefined || now.isReleased) return;
  if (now.suspicions.some((one) => one.kind === kind && one.isAccepted)) return;
  await putLaterMark(context, now, { mark: 'suspect', kind, content });
}

/**
 * Puts `checked` or `proven`, unless the set became SUSPECT while the work went on: what was read before that says nothing
 * of what was found since.
 * @param before the set as it was when the work began.
 * @returns the set as it is now; undefined when it is gone.
 */
export async function putProof(
  context: MarkContext,
  before: CatalogEntry,
  { mark, content }: { mark: 'checked' | 'proven'; content: object },
): Promise<CatalogEntry | undefined> {
  const now = await readEntry(context, before);
  if (now === undefined) return undefined;
  if (isDoubtedSince(before, now)) return now;
  await putLaterMark(context, now, { mark, content });
  return readEntry(context, before);
}

/** The set as the listing has it at this moment; undefined when it is gone. */
async function readEntry(
  { repository }: MarkContext,
  address: SetAddress,
): Promise<CatalogEntry | undefined> {
  const [entry] = await readEntries(repository, setPrefix(address));
  return entry;
}

function isDoubtedSince(before: CatalogEntry, now: CatalogEntry): boolean {
  const known = new Set(before.suspicions.map(({ at }) => at.getTime()));
  return now.suspicions.some(({ at }) => !known.has(at.getTime()));
}
