import { objectKey, type SetAddress, setPrefix } from '../domain/key.ts';
import {
  type Mark,
  markName,
  needsSeal,
  type SetMark,
  type SuspicionKind,
} from '../domain/set/mark-name.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { isHoldfastError } from '../errors.ts';
import { sealMark } from '../stream/mark-seal.ts';
import { manifestDigest } from '../stream/seal.ts';
import { readableManifest, readEntries } from './catalog.ts';
import type { Context } from './context.ts';

export interface PutMarkOptions {
  mark: Mark;
  /** Of `suspect`, which always has one. */
  kind?: SuspicionKind;
  content: object;
}

export type MarkContext = Pick<Context, 'project' | 'repository' | 'keyring' | 'clock'>;

/**
 * Puts a mark beside a manifest, with a seal where it needs one. Two equal marks of one second are one.
 * @throws HoldfastError KEY_UNUSABLE, and what the repository failed with.
 */
export async function putMark(
  context: MarkContext,
  address: SetAddress,
  { mark, kind, content }: PutMarkOptions,
): Promise<void> {
  const { repository, clock } = context;
  const at = clock.now();
  const name = markName(mark, at, kind);
  const said = { at: at.toISOString(), ...content };
  const body = needsSeal(mark) ? await sealed(context, address, { name, said }) : said;
  await repository
    .put(objectKey(address, name), Buffer.from(`${JSON.stringify(body, null, 2)}\n`))
    .catch((error: unknown) => {
      if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
    });
}

async function sealed(
  { project, repository, keyring }: MarkContext,
  address: SetAddress,
  { name, said }: { name: string; said: { at: string } },
): Promise<object> {
  const manifest = await readableManifest(address, repository);
  const digest = manifest === undefined ? null : manifestDigest(manifest).toString('hex');
  const { database, id: backup } = address;
  return sealMark(
    { ...said, manifest: digest },
    {
      keyring,
      context: { project: manifest?.project ?? project, database, backup, object: name },
    },
  );
}

/** The last second that the name of a mark can say. */
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59);

/**
 * Puts a mark that is later than all that the set has: the latest decides, and marks count whole seconds of clocks that may
 * differ.
 */
export async function putLaterMark(
  context: MarkContext,
  entry: SetAddress & { marks: readonly SetMark[] },
  options: PutMarkOptions,
): Promise<void> {
  const youngest = entry.marks.reduce((latest, { at }) => Math.max(latest, at.getTime()), 0);
  const at = new Date(
    Math.max(context.clock.now().getTime(), Math.min(youngest + 1000, LAST_TIME)),
  );
  await putMark({ ...context, clock: { now: () => at } }, entry, options);
}

export interface SuspicionOptions {
  kind: SuspicionKind;
  content: object;
}

/**
 * Makes a set SUSPECT, later than whatever was found of it before. Nothing is written beside a set that is gone, nor
 * where somebody has accepted a suspicion of this kind that still stands: what is known does not freeze retention again.
 */
export async function putSuspicion(
  context: MarkContext,
  address: SetAddress,
  { kind, content }: SuspicionOptions,
): Promise<void> {
  const now = await readEntry(context, address);
  if (now === undefined) return;
  if (now.suspicions.some((one) => one.kind === kind && one.isAccepted)) return;
  await putLaterMark(context, now, { mark: 'suspect', kind, content });
  const after = await readEntry(context, address);
  if (after !== undefined && after.state !== 'SUSPECT')
    await putLaterMark(context, after, { mark: 'suspect', kind, content });
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
  const after = await readEntry(context, before);
  if (after === undefined || !hasNewDoubt(now, after)) return after;
  await repeatDoubts(context, { now, after });
  return readEntry(context, before);
}

/** What was found while the proof was on its way stands: the proof may have the later time, of another clock. */
async function repeatDoubts(
  context: MarkContext,
  { now, after }: { now: CatalogEntry; after: CatalogEntry },
): Promise<void> {
  for (const { kind = 'damage' } of newDoubts(now, after))
    await putLaterMark(context, after, {
      mark: 'suspect',
      kind,
      content: { reason: 'found while a proof of the set was being written' },
    });
}

function hasNewDoubt(now: CatalogEntry, after: CatalogEntry): boolean {
  return newDoubts(now, after).length > 0;
}

/** By the marks: a proof may have ended the suspicion already. */
function newDoubts(now: CatalogEntry, after: CatalogEntry): SetMark[] {
  const known = new Set(now.marks.map(({ mark, at, kind }) => markName(mark, at, kind)));
  return after.marks.filter(
    ({ mark, at, kind }) => mark === 'suspect' && !known.has(markName(mark, at, kind)),
  );
}

/** The set as the listing has it at this moment; undefined when it is gone. */
async function readEntry(
  { repository }: Pick<MarkContext, 'repository'>,
  address: SetAddress,
): Promise<CatalogEntry | undefined> {
  const [entry] = await readEntries(repository, setPrefix(address));
  return entry;
}

function isDoubtedSince(before: CatalogEntry, now: CatalogEntry): boolean {
  const known = new Set(before.suspicions.map(({ at }) => at.getTime()));
  return now.suspicions.some(({ at }) => !known.has(at.getTime()));
}
