import { manifestKey, objectKey, type SetAddress, setPrefix } from '../domain/key.ts';
import { type Manifest, storedBytes } from '../domain/manifest.ts';
import { isUsable } from '../domain/set/evaluate-marks.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { sealManifest } from '../stream/seal.ts';
import { audited } from './audit.ts';
import { markDamage } from './catalog/mark-damage.ts';
import { MarkSeals } from './catalog/mark-seals.ts';
import { readEntries, withManifest } from './catalog.ts';
import { assertStoreClockAgrees } from './clock-check.ts';
import { at, type Context, type NamedRepository } from './context.ts';
import { assertNotReleased } from './copy/assert-not-released.ts';
import { type CopiedSet, putHoldOfOriginal, putStateOfOriginal } from './copy/copy-state.ts';
import { keptFor } from './copy/kept-for.ts';
import { copyDiffers, copyObjects } from './copy-objects.ts';
import { removeForsaken } from './dead-runs.ts';
import { findCopies, findSet, type Located } from './find-set.ts';
import { assertKeyBelongs } from './key-marker.ts';
import { lockToItsKeep } from './lock-set.ts';
import { putSuspicion } from './marks.ts';
import { openEntry } from './opened-set.ts';
import { hasSameObjects } from './proof.ts';
import { assertCreateOnly } from './store-check.ts';

export interface CopyRequest {
  set: string;
  /** Name of the repository that is to have it. */
  to: NamedRepository;
  /** How long that repository keeps the sets of a plan; undefined where the config does not say. */
  keepOf: (plan: string) => { for: number; atLeast: number } | undefined;
}

export interface CopyResult {
  set: string;
  plan: string;
  database: string;
  from: string;
  to: string;
  objects: number;
  bytes: number;
  /** Objects that an earlier, broken copy or backup had brought there already. */
  objectsFound: number;
  state: string;
  seconds: number;
}

/**
 * Copies a set as it is, encrypted, into another repository, and reads every object back there: its SHA-256 decides. The copy has
 * the state of the original. Completes what an earlier run left without a manifest; a copy that is there already is only read back.
 * @throws HoldfastError COPY_DIFFERS, OBJECT_DAMAGED (of the original), and what findSet and the repositories throw.
 */
export async function copy(everywhere: Context, request: CopyRequest): Promise<CopyResult> {
  const source = await findSource(everywhere, request);
  const { id, plan, database } = source.entry;
  const both = { ...everywhere, repositories: [source.place, request.to] };
  const subject = {
    operation: 'copy',
    plan,
    database,
    backup: id,
    target: request.to.repository.location,
  } as const;
  return audited(both, subject, async (notes) => {
    const result = await new Copy(everywhere, source, request).run();
    notes.bytes = result.bytes;
    return result;
  });
}

/** Where it lies besides the target; a copy that is not SUSPECT comes first. */
async function findSource(everywhere: Context, { set, to }: CopyRequest): Promise<Located> {
  const { entry } = await findSet(everywhere, set, { seals: everywhere });
  const copies = await findCopies(everywhere, entry);
  const sources = copies.filter(({ place }) => place.name !== to.name);
  const source = sources.find((one) => isUsable(one.entry)) ?? sources[0];
  if (source !== undefined) return source;
  throw new HoldfastError({
    code: 'SET_NOT_FOUND',
    message: `${entry.id} lies in ${to.name} only`,
    hint: 'Name another repository with --to: the copy goes from one repository to another.',
  });
}

class Copy {
  readonly #everywhere: Context;
  /** On the repository that it is copied from. */
  readonly #context: Context;
  readonly #source: Located;
  readonly #request: CopyRequest;
  readonly #address: SetAddress;
  readonly #beganAt: number;

  constructor(everywhere: Context, source: Located, request: CopyRequest) {
    const { plan, database, id } = source.entry;
    this.#everywhere = everywhere;
    this.#context = at(everywhere, source.place);
    this.#source = source;
    this.#request = request;
    this.#address = { plan, database, id };
    this.#beganAt = everywhere.clock.now().getTime();
  }

  async run(): Promise<CopyResult> {
    const there = at(this.#context, this.#request.to);
    await assertStoreClockAgrees(there);
    await assertKeyBelongs(there);
    await assertCreateOnly(there);
    await removeForsaken(this.#context, { ...this.#request.to, address: this.#address });
    await this.#assertNotReleased();
    const before = await this.#entryThere();
    const { manifest, objectsFound } = await this.#copyObjects().catch((error: unknown) =>
      this.#markDamage(error),
    );
    const own = await this.#putManifest(manifest);
    await this.#assertNotReleased();
    await putHoldOfOriginal(this.#there, await this.#original());
    await this.#lock(own);
    const now = before ?? ((await this.#entryThere()) as CatalogEntry);
    await putStateOfOriginal(this.#there, now, await this.#original());
    const state = (await this.#entryThere())?.state ?? this.#source.entry.state;
    return { ...this.#describe(manifest), objectsFound, state };
  }

  async #copyObjects(): Promise<{ manifest: Manifest; objectsFound: number }> {
    const { manifest } = await openEntry(this.#context, this.#source.entry);
    const objectsFound = await copyObjects(this.#context, {
      manifest,
      address: this.#address,
      from: this.#source.place,
      to: this.#request.to,
    });
    return { manifest, objectsFound };
  }

  /** Of the original, or of the set that lies in the target already: whichever is not what its manifest says. */
  async #markDamage(error: unknown): Promise<never> {
    if (!isHoldfastError(error, 'COPY_DIFFERS'))
      return markDamage(this.#everywhere, this.#source, { operation: 'copy', error });
    const content = {
      operation: 'copy',
      code: error.code,
      reason: error.message,
      by: this.#context.actor,
    };
    await putSuspicion(this.#there, this.#address, { kind: 'damage', content }).catch(
      () => undefined,
    );
    throw error;
  }

  /** What lies in the target before, if it is a set. */
  async #entryThere(): Promise<CatalogEntry | undefined> {
    const [entry] = await readEntries(this.#request.to.repository, setPrefix(this.#address));
    return entry;
  }

  /**
   * The original as it is now: a drill that failed while the objects were copied found no copy here that it could mark. What is
   * written of the copy is sealed, so it rests on authentic marks of the original only.
   */
  async #original(): Promise<CopiedSet> {
    const { entry, place } = this.#source;
    const [now] = await readEntries(place.repository, setPrefix(entry));
    const opened = await new MarkSeals(this.#context).open({ ...entry, ...now });
    return { address: this.#address, source: { place, entry: opened } };
  }

  get #there(): Context {
    return at(this.#everywhere, this.#request.to);
  }

  /** As it is, unless this repository keeps sets for another time: then it is sealed anew. */
  async #putManifest(manifest: Manifest): Promise<Manifest> {
    const { seal: _seal, ...unsealed } = manifest;
    const keep = this.#request.keepOf(this.#address.plan);
    const own: Manifest =
      keep === undefined
        ? manifest
        : await sealManifest(keptFor(unsealed, keep), this.#context.keyring);
    const body = Buffer.from(`${JSON.stringify(own, null, 2)}\n`);
    try {
      await this.#request.to.repository.put(manifestKey(this.#address), body);
      return own;
    } catch (error) {
      if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
      return this.#manifestThere(manifest);
    }
  }

  /** The one that an earlier copy or the backup itself put there. */
  async #manifestThere(wanted: Manifest): Promise<Manifest> {
    const there = at(this.#context, this.#request.to);
    const copy = await withManifest((await this.#entryThere()) as CatalogEntry, there.repository);
    const { manifest } = await openEntry(there, copy);
    if (hasSameObjects(copy, wanted)) return manifest;
    throw copyDiffers(manifestKey(this.#address), this.#request.to);
  }

  /** What retention let go would vanish under the hands of whoever relies on the copy. */
  async #assertNotReleased(): Promise<void> {
    await assertNotReleased(this.#there, this.#address);
  }

  async #lock({ objects, keepUntil }: Manifest): Promise<void> {
    const keys = [
      ...objects.map(({ key }) => objectKey(this.#address, key)),
      manifestKey(this.#address),
    ];
    const { plan } = this.#address;
    await lockToItsKeep(this.#request.to, {
      keys,
      plan,
      keepUntil,
      now: this.#context.clock.now(),
    });
  }

  #describe(manifest: Manifest): Omit<CopyResult, 'objectsFound' | 'state'> {
    const { id: set, plan, database } = this.#address;
    const seconds = (this.#context.clock.now().getTime() - this.#beganAt) / 1000;
    const [from, to] = [this.#source.place.name, this.#request.to.name];
    return {
      set,
      plan,
      database,
      from,
      to,
      objects: manifest.objects.length,
      bytes: storedBytes(manifest),
      seconds,
    };
  }
}
