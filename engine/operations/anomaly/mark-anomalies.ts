import type { Anomaly } from '../../domain/anomaly/anomaly.ts';
import { anomaliesIn } from '../../domain/anomaly/anomaly-record.ts';
import { objectKey, setPrefix } from '../../domain/key.ts';
import { anomalyMarkNames } from '../../domain/set/anomaly-marks.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { type HoldfastError, isHoldfastError } from '../../errors.ts';
import { readMark } from '../catalog/name-suspicion-kinds.ts';
import { readEntries } from '../catalog.ts';
import { at, type Context, type NamedRepository } from '../context.ts';
import type { Located, Unanswered } from '../find-set.ts';
import { type MarkContext, putLaterMark } from '../marks.ts';

/**
 * Makes every copy of a set SUSPECT, since rows are the same in all of them. A copy that has such a
 * mark is left as it is: somebody may have accepted it.
 * @returns the repositories that could not be marked.
 */
export async function markAnomalies(
  everywhere: Context,
  { copies, content }: { copies: readonly Located[]; content: object },
): Promise<Unanswered[]> {
  const unmarked: Unanswered[] = [];
  for (const { entry, place } of copies)
    await putAnomaly(at(everywhere, place), entry, content).catch((error: unknown) => {
      unmarked.push({ place, error: asKnown(error) });
    });
  return unmarked;
}

async function putAnomaly(
  context: MarkContext,
  entry: CatalogEntry,
  content: object,
): Promise<void> {
  const [now] = await readEntries(context.repository, setPrefix(entry));
  if (now === undefined || anomalyMarkNames(now).length > 0) return;
  await putLaterMark(context, now, { mark: 'suspect', kind: 'anomaly', content });
}

function asKnown(error: unknown): HoldfastError {
  if (isHoldfastError(error)) return error;
  throw error;
}

export interface Spread {
  unmarked: Unanswered[];
  /** What a copy is suspected of; empty where somebody has accepted it, and where there is nothing. */
  anomalies: Anomaly[];
}

/**
 * A run that was killed between two marks, or a repository that could not be marked, left a copy
 * without the mark that another one has.
 */
export async function spreadAnomalies(
  everywhere: Context,
  copies: readonly Located[],
): Promise<Spread> {
  const marked = copies.find(({ entry }) =>
    entry.suspicions.some(({ kind, isAccepted }) => kind === 'anomaly' && !isAccepted),
  );
  const others = copies.filter(({ entry }) => anomalyMarkNames(entry).length === 0);
  if (marked === undefined) return { unmarked: [], anomalies: [] };
  const anomalies = await readAnomalies(marked.place, marked.entry);
  const content = await anomalyContent(marked);
  return { anomalies, unmarked: await markAnomalies(everywhere, { copies: others, content }) };
}

/** What the newest mark says of the anomalies, for the mark of another copy. */
async function anomalyContent({ entry, place }: Located): Promise<object> {
  const [name = ''] = anomalyMarkNames(entry);
  const { at: _at, ...content } = (await readMark(place, objectKey(entry, name))) ?? {};
  return { ...content, foundIn: place.name };
}

/** Everything that was found unlike earlier sets in one copy. */
export async function readAnomalies(
  { repository }: Pick<NamedRepository, 'repository'>,
  entry: CatalogEntry,
): Promise<Anomaly[]> {
  const found: Anomaly[] = [];
  for (const name of anomalyMarkNames(entry))
    found.push(...anomaliesIn((await readMark({ repository }, objectKey(entry, name))) ?? {}));
  return found;
}

/** The set as it was, and with what was just found: that does not speak against its bytes. */
export async function withAnomalies<T extends CatalogEntry>(
  { repository }: Pick<Context, 'repository'>,
  entry: T,
): Promise<T> {
  const [now] = await readEntries(repository, setPrefix(entry));
  const found = now?.suspicions.filter(({ kind }) => kind === 'anomaly') ?? [];
  return { ...entry, suspicions: [...entry.suspicions, ...found] };
}
