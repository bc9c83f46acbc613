import { objectKey, setPrefix } from '../../domain/key.ts';
import { isWhole, type Manifest } from '../../domain/manifest.ts';
import { evaluateMarks } from '../../domain/set/evaluate-marks.ts';
import {
  type ForgedMark,
  isForged,
  isOfManifest,
  markInQuestion,
} from '../../domain/set/mark-authenticity.ts';
import { MARK_LIMIT_BYTES } from '../../domain/set/mark-body.ts';
import {
  markName,
  needsSeal,
  SEALED_MARKS,
  type SealedMark,
  type SetMark,
} from '../../domain/set/mark-name.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { type HoldfastError, isHoldfastError } from '../../errors.ts';
import { type OpenedMark, openMark } from '../../stream/mark-seal.ts';
import { manifestDigest } from '../../stream/seal.ts';
import { readableManifest } from '../catalog.ts';
import type { Context } from '../context.ts';
import { openEntry } from '../opened-set.ts';

export type SealsContext = Pick<
  Context,
  'project' | 'repository' | 'keyring' | 'keys' | 'readerOf'
>;

export interface AlteredSet {
  entry: CatalogEntry;
  error: HoldfastError;
}

export interface MarkSealsOptions {
  /** Those that decide; all unless given. */
  kinds?: readonly SealedMark[];
  /** Opens each mark, and not only those that decide. */
  isEvery?: boolean;
}

type WithDamage = CatalogEntry & { damage?: string | null };

/**
 * Opens the seals of the marks that decide what a set is worth, so that nobody without the key can vouch for a set or have it
 * removed. Only the marks that decide are opened: one of each kind, unless it is forged. Each set is opened once.
 */
export class MarkSeals {
  readonly #context: SealsContext;
  readonly #options: Required<MarkSealsOptions>;
  readonly #opened = new Map<string, readonly SetMark[]>();
  readonly #forged: ForgedMark[] = [];
  readonly #altered: AlteredSet[] = [];

  constructor(context: SealsContext, options: MarkSealsOptions = {}) {
    this.#context = context;
    this.#options = { kinds: SEALED_MARKS, isEvery: false, ...options };
  }

  /** The marks that were found to be forged until now. They count for nothing. */
  get forged(): readonly ForgedMark[] {
    return this.#forged;
  }

  /** Sets whose manifests turned out to be altered. */
  get altered(): readonly AlteredSet[] {
    return this.#altered;
  }

  get canOpen(): boolean {
    return canSeal(this.#context.keys);
  }

  /** Whether the set was opened before. */
  has(entry: CatalogEntry): boolean {
    return this.#opened.has(setPrefix(entry));
  }

  /**
   * The set as its authentic marks have it.
   * @throws HoldfastError what the repository or the key service failed with.
   */
  async open<T extends WithDamage>(entry: T): Promise<T> {
    const prefix = setPrefix(entry);
    const marks = this.#opened.get(prefix) ?? (await this.#authentic(entry));
    this.#opened.set(prefix, marks);
    return withMarks(entry, marks);
  }

  async #authentic(entry: CatalogEntry): Promise<SetMark[]> {
    if (!entry.marks.some(({ mark }) => needsSeal(mark))) return [...entry.marks];
    const manifest = await readableManifest(entry, this.#context.repository);
    const confirmed = new Set<SetMark>();
    let marks = [...entry.marks];
    for (;;) {
      const mark = markInQuestion(marks, { ...this.#options, confirmed });
      if (mark === undefined) return marks;
      if (await this.#isAuthentic(entry, { mark, manifest })) confirmed.add(mark);
      else marks = marks.filter((one) => one !== mark);
    }
  }

  async #isAuthentic(
    entry: CatalogEntry,
    { mark, manifest }: { mark: SetMark; manifest: Manifest | undefined },
  ): Promise<boolean> {
    const name = markName(mark.mark, mark.at);
    const opened = await this.#openMark(entry, { name, manifest });
    const digest = manifest === undefined ? null : manifestDigest(manifest).toString('hex');
    if ('body' in opened && isOfManifest(opened.body, { mark, digest })) return true;
    if ('body' in opened && !(await this.#isSealed(entry, manifest))) return false;
    const fault = 'body' in opened ? 'broken' : opened.fault;
    const keysAtHand = this.#context.keys;
    if (isForged(fault, { manifest, keysAtHand }))
      this.#forged.push({ key: objectKey(entry, name), fault });
    return false;
  }

  /** A genuine mark of another manifest may mean that it is the manifest that was altered, or that it is gone. */
  async #isSealed(entry: CatalogEntry, manifest: Manifest | undefined): Promise<boolean> {
    if (manifest === undefined) return false;
    try {
      const set = { ...entry, manifest, problem: undefined, damage: null };
      await openEntry(this.#context, { ...set, kind: manifest.kind, isWhole: isWhole(manifest) });
      return true;
    } catch (error) {
      if (isHoldfastError(error, 'MANIFEST_ALTERED')) this.#altered.push({ entry, error });
      else if (isHoldfastError(error) && !OF_THE_SET.has(error.code)) throw error;
      return false;
    }
  }

  async #openMark(
    entry: CatalogEntry,
    { name, manifest }: { name: string; manifest: Manifest | undefined },
  ): Promise<OpenedMark> {
    const { repository, project } = this.#context;
    const { database, id: backup } = entry;
    const context = { project: manifest?.project ?? project, database, backup, object: name };
    try {
      const key = objectKey(entry, name);
      const content = await repository.get(key, { limitBytes: MARK_LIMIT_BYTES });
      const { keyring } = (await this.#context.readerOf?.(entry)) ?? this.#context;
      return await openMark(content, { keyring, context });
    } catch (error) {
      if (isHoldfastError(error, 'OBJECT_MISSING')) return { fault: 'unsealed' };
      if (isOfOneMark(error)) return { fault: 'broken' };
      throw error;
    }
  }
}

/** Failures that say nothing of other sets. */
const OF_THE_SET: ReadonlySet<string> = new Set(['KEY_MISMATCH', 'MANIFEST_INVALID']);

/** A mark that is no file, too large, of a cold class, or that breaks what reads it: none of ours is like that. */
function isOfOneMark(error: unknown): boolean {
  return !isHoldfastError(error) || ['OBJECT_DAMAGED', 'OBJECT_COLD'].includes(error.code);
}

/** Everybody may have the public half of the break-glass key: what it seals authenticates nothing. */
export function canSeal(keys: Context['keys']): boolean {
  return keys.some(({ type }) => type !== 'break-glass');
}

/** The set without what only a seal would prove: as anybody may claim it to be. */
export function withoutSealedMarks<T extends WithDamage>(entry: T): T {
  return withMarks(
    entry,
    entry.marks.filter(({ mark }) => !needsSeal(mark)),
  );
}

function withMarks<T extends WithDamage>(entry: T, marks: readonly SetMark[]): T {
  const isDamaged = typeof entry.damage === 'string';
  const judged = evaluateMarks(marks);
  return { ...entry, marks, ...judged, ...(isDamaged ? { state: 'SUSPECT' as const } : {}) };
}
