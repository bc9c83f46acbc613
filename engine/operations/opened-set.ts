import { buffer } from 'node:stream/consumers';
import { type SetAddress, setPrefix } from '../domain/key.ts';
import { isSameKey } from '../domain/key-name.ts';
import {
  type LogicalManifest,
  type Manifest,
  type ManifestObject,
  storedBytes,
  volumesOf,
} from '../domain/manifest.ts';
import { RESTORED_ROLES } from '../domain/object-name.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import { readStream } from '../stream/read-stream.ts';
import { assertSealed } from '../stream/seal.ts';
import { type CatalogedSet, readManifest } from './catalog.ts';
import type { Context, SetReader } from './context.ts';

/** A set whose seal was opened, and its streams. Most of what is done with one is done with a logical one. */
export class OpenedSet<M extends Manifest = LogicalManifest> {
  readonly address: SetAddress;
  readonly manifest: M;
  readonly state: CatalogEntry['state'];
  readonly #reader: SetReader;

  constructor(reader: SetReader, { entry, manifest }: { entry: CatalogEntry; manifest: M }) {
    this.#reader = reader;
    this.address = { plan: entry.plan, database: entry.database, id: entry.id };
    this.manifest = manifest;
    this.state = entry.state;
  }

  /** By which its objects can be read. */
  get repository(): Repository {
    return this.#reader.repository;
  }

  get storedBytes(): number {
    return storedBytes(this.manifest);
  }

  storedBytesOf(role: ManifestObject['role']): number {
    return volumesOf(this.manifest, role).reduce((sum, volume) => sum + volume.storedBytes, 0);
  }

  has(role: ManifestObject['role']): boolean {
    return volumesOf(this.manifest, role).length > 0;
  }

  /** The plaintext of one stream. @throws HoldfastError OBJECT_MISSING, OBJECT_DAMAGED, while it is read. */
  async *read(
    role: ManifestObject['role'],
    onBytes?: (storedBytes: number) => void,
  ): AsyncGenerator<Uint8Array> {
    const { repository, keyring } = this.#reader;
    const { project, database, id } = this.manifest;
    try {
      yield* readStream(volumesOf(this.manifest, role), {
        repository,
        keyring,
        prefix: setPrefix(this.address),
        contextOf: (object) => ({ project, database, backup: id, object: object.key }),
        ...(onBytes === undefined ? {} : { onBytes }),
      });
    } catch (error) {
      throw isHoldfastError(error, 'KEY_MISMATCH') ? damagedHead(role, id, error) : error;
    }
  }

  /** A stream that is small, whole. @throws HoldfastError as read does. */
  readWhole(role: ManifestObject['role']): Promise<Buffer> {
    return buffer(this.read(role));
  }
}

/** The key opened the seal, so it is the bytes around the wrapped key that are bad. */
function damagedHead(role: ManifestObject['role'], id: string, cause: unknown): HoldfastError {
  return new HoldfastError({
    code: 'OBJECT_DAMAGED',
    message: `the ${role} stream of ${id} is damaged: its head does not open with the key that opens the manifest`,
    hint: 'Use an older set or another copy of the repository, and have the disk checked.',
    cause,
  });
}

type OpenContext = Pick<Context, 'repository' | 'keyring' | 'keys' | 'readerOf'>;

/** Opens the seal. @throws HoldfastError MANIFEST_INVALID (also of a set that only a newer version restores), MANIFEST_ALTERED, KEY_MISMATCH. */
export async function openEntry(
  context: OpenContext,
  entry: CatalogedSet,
): Promise<OpenedSet<Manifest>> {
  const manifest = entry.manifest ?? (await readManifest(entry, context.repository));
  assertKeyAtHand(manifest, context.keys);
  const reader = (await context.readerOf?.(entry)) ?? context;
  await assertSealed(manifest, reader.keyring).catch((error: unknown) => {
    throw isHoldfastError(error, 'KEY_MISMATCH') ? alteredSeal(manifest, error) : error;
  });
  assertOfThisVersion(manifest);
  return new OpenedSet(reader, { entry, manifest });
}

/** The same, of a set of dumps. @throws HoldfastError as above, also of a copy of a server. */
export async function openLogical(context: OpenContext, entry: CatalogedSet): Promise<OpenedSet> {
  const set = await openEntry(context, entry);
  if (isLogical(set)) return set;
  throw new HoldfastError({
    code: 'MANIFEST_INVALID',
    message: `${entry.id} is a copy of the whole server ${entry.database}, which this version does not restore`,
    hint: 'A newer Holdfast wrote the set: update this one, and run the command again. The set was left as it is.',
  });
}

function isLogical(set: OpenedSet<Manifest>): set is OpenedSet {
  return set.manifest.kind === 'logical';
}

/** The manifest names a key that is at hand, and its seal does not open with it. */
function alteredSeal({ id }: Manifest, cause: unknown): HoldfastError {
  return new HoldfastError({
    code: 'MANIFEST_ALTERED',
    message: `the seal of the manifest of ${id} does not open with the key that it names`,
    hint: 'Do not trust this set. Take it from another copy of the repository, and find out who wrote to this one.',
    cause,
  });
}

function assertOfThisVersion({ id, objects }: Manifest): void {
  const unknown = new Set(
    objects.map(({ role }) => role).filter((role) => !RESTORED_ROLES.includes(role)),
  );
  if (unknown.size === 0) return;
  throw new HoldfastError({
    code: 'MANIFEST_INVALID',
    message: `${id} holds streams that this version does not restore (${[...unknown].join(', ')})`,
    hint: 'A newer Holdfast wrote the set: update this one, and run the command again. The set was left as it is.',
  });
}

/** Says which key is wanted, before the cipher only says no. */
function assertKeyAtHand(manifest: Manifest, keys: Context['keys']): void {
  const isAtHand = manifest.keys.some((wanted) => keys.some((own) => isSameKey(own, wanted)));
  if (isAtHand) return;
  const wanted = manifest.keys.map(({ type, id }) => `${type} ${id}`).join(' or ');
  throw new HoldfastError({
    code: 'KEY_MISMATCH',
    message: `${manifest.id} opens with ${wanted}; at hand is ${keys.map(({ type, id }) => `${type} ${id}`).join(', ') || 'no key'}`,
    hint: 'Point HOLDFAST_KEY_FILE or HOLDFAST_KMS_KEY (or keys in the config) to that key, or give the break-glass key.',
  });
}
