import { manifestKey, type SetAddress, setPrefix } from '../domain/key.ts';
import { isWhole, type Manifest, type ManifestObject, parseManifest, storedBytes, volumesOf } from '../domain/manifest.ts';
import { type NamedSet, parseSetName, resolveSetName } from '../domain/set-name.ts';
import { type CatalogEntry, catalogOf } from '../domain/set-state.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import { readStream } from '../stream/read-stream.ts';
import { assertSealed } from '../stream/seal.ts';
import type { Context } from './context.ts';

/** A set with its manifest, as far as a manifest can be read without a key. */
export interface CatalogedSet extends NamedSet {
  /** Undefined where the manifest can't be read; `problem` says why. */
  manifest: Manifest | undefined;
  problem: string | undefined;
}

/** Every set of the repository with its manifest, oldest first. Seals are not opened. */
export async function readCatalog(repository: Repository): Promise<CatalogedSet[]> {
  const sets: CatalogedSet[] = [];
  for (const entry of await readEntries(repository)) sets.push(await withManifest(entry, repository));
  return sets;
}

/** Every set as a listing alone shows it, oldest first. */
async function readEntries(repository: Repository): Promise<CatalogEntry[]> {
  const keys: string[] = [];
  for await (const { key } of repository.list('')) keys.push(key);
  return catalogOf(keys);
}

async function withManifest(entry: CatalogEntry, repository: Repository): Promise<CatalogedSet> {
  try {
    const manifest = await readManifest(entry, repository);
    return { ...entry, manifest, problem: undefined, kind: manifest.kind, isWhole: isWhole(manifest) };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { ...entry, manifest: undefined, problem: error.message, kind: 'logical', isWhole: false };
  }
}

async function readManifest(address: SetAddress, repository: Repository): Promise<Manifest> {
  const key = manifestKey(address);
  const manifest = parseManifest((await repository.get(key)).toString('utf8'), { key });
  const isOfThisPlace = manifest.id === address.id && manifest.plan === address.plan && manifest.database === address.database;
  if (isOfThisPlace) return manifest;
  throw new HoldfastError({
    code: 'MANIFEST_ALTERED',
    message: `the manifest of ${address.id} is the one of ${manifest.id}`,
    hint: 'It was copied here from another set. Do not trust this set.',
  });
}

/** A set whose seal was opened, and its streams. */
export class OpenedSet {
  readonly address: SetAddress;
  readonly manifest: Manifest;
  readonly state: CatalogEntry['state'];
  readonly #context: Pick<Context, 'project' | 'repository' | 'keyring'>;

  constructor(
    context: Pick<Context, 'project' | 'repository' | 'keyring'>,
    { entry, manifest }: { entry: CatalogEntry; manifest: Manifest },
  ) {
    this.#context = context;
    this.address = { plan: entry.plan, database: entry.database, id: entry.id };
    this.manifest = manifest;
    this.state = entry.state;
  }

  get storedBytes(): number {
    return storedBytes(this.manifest);
  }

  has(role: ManifestObject['role']): boolean {
    return volumesOf(this.manifest, role).length > 0;
  }

  /** The plaintext of one stream. @throws HoldfastError OBJECT_MISSING, OBJECT_DAMAGED, while it is read. */
  async *read(role: ManifestObject['role'], onBytes?: (storedBytes: number) => void): AsyncGenerator<Uint8Array> {
    const { repository, keyring } = this.#context;
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

type OpenContext = Pick<Context, 'project' | 'repository' | 'keyring' | 'keys'>;

/**
 * The set that a person named, its seal opened.
 * @throws HoldfastError USAGE, SET_NOT_FOUND, SET_AMBIGUOUS, MANIFEST_INVALID, MANIFEST_ALTERED, KEY_MISMATCH.
 */
export async function openSet(context: OpenContext, name: string): Promise<OpenedSet> {
  return openEntry(context, await findSet(context, name));
}

/** The set that a person named, as the catalog has it. @throws HoldfastError USAGE, SET_NOT_FOUND, SET_AMBIGUOUS. */
export async function findSet({ repository }: Pick<Context, 'repository'>, name: string): Promise<CatalogedSet> {
  const wanted = parseSetName(name);
  if (!('id' in wanted)) return resolveSetName(wanted, await readCatalog(repository));
  const entries = await readEntries(repository);
  const candidates = entries.filter(({ id }) => id === wanted.id).map((entry) => withManifest(entry, repository));
  return resolveSetName(wanted, candidates.length > 0 ? await Promise.all(candidates) : await readCatalog(repository));
}

/** Opens the seal. @throws HoldfastError MANIFEST_INVALID, MANIFEST_ALTERED, KEY_MISMATCH. */
export async function openEntry(context: OpenContext, entry: CatalogedSet): Promise<OpenedSet> {
  const manifest = entry.manifest ?? (await readManifest(entry, context.repository));
  assertKeyAtHand(manifest, context.keys);
  await assertSealed(manifest, context.keyring).catch((error: unknown) => {
    throw isHoldfastError(error, 'KEY_MISMATCH') ? alteredSeal(manifest, error) : error;
  });
  return new OpenedSet(context, { entry, manifest });
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

/** Says which key is wanted, before the cipher only says no. */
function assertKeyAtHand(manifest: Manifest, keys: Context['keys']): void {
  const isAtHand = manifest.keys.some((wanted) => keys.some(({ type, id }) => type === wanted.type && id === wanted.id));
  if (isAtHand) return;
  const wanted = manifest.keys.map(({ type, id }) => `${type} ${id}`).join(' or ');
  throw new HoldfastError({
    code: 'KEY_MISMATCH',
    message: `${manifest.id} opens with ${wanted}; at hand is ${keys.map(({ type, id }) => `${type} ${id}`).join(', ') || 'no key'}`,
    hint: 'Point HOLDFAST_KEY_FILE (or keys.file) to that key, or give the break-glass key.',
  });
}
