import { createHash } from 'node:crypto';
import { manifestKey, objectKey, type SetAddress, setPrefix } from '../domain/key.ts';
import { type Manifest, type ManifestObject, storedBytes, type UnsealedManifest } from '../domain/manifest.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import { sealManifest } from '../stream/seal.ts';
import { audited } from './audit.ts';
import { assertStoreClockAgrees } from './clock-check.ts';
import { at, type Context, type NamedRepository } from './context.ts';
import { findCopies, findSet, type Located } from './find-set.ts';
import { assertKeyBelongs } from './key-marker.ts';
import { putMark } from './marks.ts';
import { openEntry } from './opened-set.ts';

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
  const subject = { operation: 'copy', plan, database, backup: id, target: request.to.repository.location } as const;
  return audited(both, subject, async (notes) => {
    const result = await new Copy(everywhere, source, request).run();
    notes.bytes = result.bytes;
    return result;
  });
}

/** Where it lies besides the target. */
async function findSource(everywhere: Context, { set, to }: CopyRequest): Promise<Located> {
  const { entry } = await findSet(everywhere, set);
  const copies = await findCopies(everywhere, entry);
  const source = copies.find(({ place }) => place.name !== to.name);
  if (source !== undefined) return source;
  throw new HoldfastError({
    code: 'SET_NOT_FOUND',
    message: `${entry.id} lies in ${to.name} only`,
    hint: 'Name another repository with --to: the copy goes from one repository to another.',
  });
}

class Copy {
  readonly #context: Context;
  readonly #source: Located;
  readonly #request: CopyRequest;
  readonly #address: SetAddress;
  readonly #beganAt: number;
  #copiedBytes = 0;
  #found = 0;

  constructor(everywhere: Context, source: Located, request: CopyRequest) {
    const { plan, database, id } = source.entry;
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
    const { manifest } = await openEntry(this.#context, this.#source.entry);
    const total = storedBytes(manifest);
    const present = await this.#alreadyThere();
    for (const object of manifest.objects)
      await this.#bring(object, { totalBytes: total, isThere: present.get(object.key) === object.storedBytes });
    await this.#lock(await this.#putManifest(manifest));
    const state = await this.#putMarks();
    return { ...this.#describe(manifest), bytes: total, state };
  }

  /** Bytes of the objects that lie there, by their names. */
  async #alreadyThere(): Promise<Map<string, number>> {
    const prefix = setPrefix(this.#address);
    const found = new Map<string, number>();
    for await (const { key, bytes } of this.#request.to.repository.list(prefix)) found.set(key.slice(prefix.length), bytes);
    return found;
  }

  /** One object there, with the bytes that the manifest says. */
  async #bring(object: ManifestObject, { totalBytes, isThere }: { totalBytes: number; isThere: boolean }): Promise<void> {
    const onBytes = (bytes: number) => this.#context.progress({ phase: 'copy', bytes: this.#copiedBytes + bytes, totalBytes });
    const key = objectKey(this.#address, object.key);
    if (isThere) this.#found += 1;
    else await this.#send(key, object, onBytes);
    this.#context.progress({ phase: 'read back' });
    const readBack = await digestOf(this.#request.to.repository, key, this.#context.signal);
    if (readBack !== object.sha256) throw differs(key, this.#request.to);
    this.#copiedBytes += object.storedBytes;
  }

  async #send(key: string, object: ManifestObject, onBytes: (bytes: number) => void): Promise<void> {
    const upload = await this.#request.to.repository.begin(key);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of this.#source.place.repository.read(key)) {
        this.#context.signal.throwIfAborted();
        hash.update(chunk);
        await upload.write(chunk);
        bytes += chunk.length;
        onBytes(bytes);
      }
      if (hash.digest('hex') !== object.sha256) throw damaged(key, this.#source.place);
      await upload.finish();
      await upload.publish();
    } catch (error) {
      if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
    } finally {
      await upload.abort();
    }
  }

  /** As it is, unless this repository keeps sets for another time: then it is sealed anew. */
  async #putManifest(manifest: Manifest): Promise<Manifest> {
    const { seal: _seal, ...unsealed } = manifest;
    const keep = this.#request.keepOf(this.#address.plan);
    const own: Manifest = keep === undefined ? manifest : await sealManifest(keptFor(unsealed, keep), this.#context.keyring);
    const body = Buffer.from(`${JSON.stringify(own, null, 2)}\n`);
    await this.#request.to.repository.put(manifestKey(this.#address), body).catch((error: unknown) => {
      if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
    });
    return own;
  }

  /** What is known of the original holds for its equal. */
  async #putMarks(): Promise<string> {
    const { state, isHeld } = this.#source.entry;
    const there = at(this.#context, this.#request.to);
    const content = { copiedFrom: this.#source.place.name };
    if (state === 'CHECKED' || state === 'PROVEN') await putMark(there, this.#address, { mark: 'checked', content });
    if (state === 'PROVEN') await putMark(there, this.#address, { mark: 'proven', content });
    if (state === 'SUSPECT') await putMark(there, this.#address, { mark: 'suspect', content: { ...content, reason: 'the original is' } });
    if (isHeld) await putMark(there, this.#address, { mark: 'hold', content });
    return state;
  }

  /** Before it is CHECKED: retention takes that for locked. */
  async #lock({ objects, keepUntil }: Manifest): Promise<void> {
    const keys = objects.map(({ key }) => objectKey(this.#address, key));
    await this.#request.to.repository.lockUntil([manifestKey(this.#address), ...keys], new Date(keepUntil));
  }

  #describe({ objects }: Manifest): Omit<CopyResult, 'bytes' | 'state'> {
    const { id: set, plan, database } = this.#address;
    const seconds = (this.#context.clock.now().getTime() - this.#beganAt) / 1000;
    const [from, to] = [this.#source.place.name, this.#request.to.name];
    return { set, plan, database, from, to, objects: objects.length, objectsFound: this.#found, seconds };
  }
}

/** As a backup of this plan would have been kept there. */
function keptFor(manifest: UnsealedManifest, keep: { for: number; atLeast: number }): UnsealedManifest {
  const keepUntil = new Date(Date.parse(manifest.startedAt) + keep.for * 1000).toISOString();
  return { ...manifest, keepUntil, keepAtLeast: keep.atLeast };
}

async function digestOf(repository: Repository, key: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of repository.read(key)) {
    signal.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest('hex');
}

function differs(key: string, { name }: NamedRepository): HoldfastError {
  return new HoldfastError({
    code: 'COPY_DIFFERS',
    message: `${key} in ${name} is not what the manifest says, read back where it lies`,
    hint: 'The original is good. Find out what changes bytes there; an object without a manifest is removed by `holdfast prune` after 7 days.',
  });
}

function damaged(key: string, { name }: NamedRepository): HoldfastError {
  return new HoldfastError({
    code: 'OBJECT_DAMAGED',
    message: `${key} in ${name} is damaged: its SHA-256 is not the one of the manifest`,
    hint: 'Run `holdfast verify` on the set, and copy it from another repository.',
  });
}
