import type { PlanConfig } from '../config/plan-schema.ts';
import type { Progress } from '../ports/progress.ts';
import { type ArchiveOptions, dumpData, dumpGlobals, dumpSchema } from '../postgres/dump.ts';
import { countRows } from '../postgres/row-counts.ts';
import type { Session } from '../postgres/session.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import type { Toolset } from '../postgres/tools.ts';
import { watchRun } from '../postgres/watch.ts';
import type { Selection } from './selection.ts';
import type { SetWriter } from './set-writer.ts';
import { together } from './together.ts';

export interface DumpAllOptions {
  writer: SetWriter;
  plan: PlanConfig;
  tools: Toolset;
  snapshot: Snapshot;
  selection: Selection;
  sessions: { guard: Session; holder: Session; counter: Session };
  applicationName: string;
  controller: AbortController;
  signal: AbortSignal;
  progress: Progress;
}

export interface Dumped {
  rows: Map<number, number>;
  seconds: number;
}

/** Globals, schema and data as streams, and the row counts beside them, all under the one snapshot; the watch looks on. */
export async function dumpAll(options: DumpAllOptions): Promise<Dumped> {
  const { signal, controller, plan, applicationName, sessions, snapshot, selection } = options;
  const beganAt = Date.now();
  const over = new AbortController();
  const bytes = new ByteMeter(selection, options.progress);
  const rows: { counted: Map<number, number> } = { counted: new Map() };
  const counting = countRows(sessions.counter, selection.dumped, {
    snapshot: snapshot.id,
    signal,
  }).then((counted) => {
    rows.counted = counted;
  });
  const streams = startStreams(options, bytes);
  const work = Promise.all([...streams, counting]).finally(() => over.abort());
  const watching = watchRun(sessions.guard, {
    applicationName,
    giveWayAfterSeconds: plan.giveWayAfter,
    stallTimeoutSeconds: plan.stallTimeout,
    signal: AbortSignal.any([signal, over.signal]),
    lastByteAt: () => bytes.lastByteAt,
  }).catch((error: unknown) => {
    if (!over.signal.aborted) throw error;
  });
  // Each stream for itself too: one that is opening its upload when another fails must come to rest before uploads are swept up.
  await together(controller, [work, watching, ...streams]);
  signal.throwIfAborted();
  return { rows: rows.counted, seconds: (Date.now() - beganAt) / 1000 };
}

function startStreams(
  { writer, plan, tools, snapshot, selection, sessions, applicationName, signal }: DumpAllOptions,
  meter: ByteMeter,
): Promise<void>[] {
  const { settings } = sessions.guard;
  const archive: ArchiveOptions = {
    tools,
    settings,
    applicationName,
    signal,
    snapshot: snapshot.id,
    lockWaitTimeoutSeconds: plan.lockWaitTimeout,
  };
  const streams = [writer.write('globals', dumpGlobals(archive), { signal })];
  const hasLargeObjects = selection.contents === 'all' && selection.only === undefined;
  if (selection.contents !== 'data')
    streams.push(writer.write('schema', dumpSchema({ ...archive, hasLargeObjects }), { signal }));
  if (selection.contents !== 'schema') {
    const only = selection.only === undefined ? {} : { tables: selection.only };
    const data = dumpData({
      ...archive,
      ...only,
      excludedTables: selection.excluded,
      isDataOnly: selection.contents === 'data',
    });
    streams.push(writer.write('data', meter.watching(data), { signal }));
  }
  return streams;
}

/** Knows how many bytes came, and whether it is the server or the store that we wait for. */
class ByteMeter {
  #bytes = 0;
  #waitingSince: number | undefined = Date.now();
  readonly #progress: Progress;
  readonly #totalBytes: number;

  constructor(selection: Selection, progress: Progress) {
    this.#progress = progress;
    this.#totalBytes = selection.dumped.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Now, while the store is what we wait for. */
  get lastByteAt(): number {
    return this.#waitingSince ?? Date.now();
  }

  async *watching(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.#waitingSince = Date.now();
    for await (const chunk of source) {
      this.#waitingSince = undefined;
      this.#bytes += chunk.length;
      this.#progress({ phase: 'dump', bytes: this.#bytes, totalBytes: this.#totalBytes });
      yield chunk;
      this.#waitingSince = Date.now();
    }
    this.#waitingSince = undefined;
  }
}
