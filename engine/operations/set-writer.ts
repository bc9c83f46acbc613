import { quoteForShell } from '../domain/command-quoting.ts';
import { manifestKey, objectKey, type SetAddress } from '../domain/key.ts';
import type { ManifestObject, UnsealedManifest } from '../domain/manifest.ts';
import { type ObjectRole, objectName } from '../domain/object-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { Upload } from '../ports/repository.ts';
import { sealManifest } from '../stream/seal.ts';
import { type StreamReceipt, storeStream } from '../stream/store-stream.ts';
import type { Context, NamedRepository } from './context.ts';
import { uploadToAll } from './upload-to-all.ts';

export interface StreamOptions {
  signal: AbortSignal;
  onBytes?: (plaintextBytes: number) => void;
}

type WriterContext = Pick<Context, 'project' | 'repositories' | 'keyring'>;

/** Writes one backup set into every repository: streams first, all of them finished before any is published, the manifests last. */
export class SetWriter {
  readonly #context: WriterContext;
  readonly #address: SetAddress;
  readonly #uploads: Upload[] = [];
  readonly #objects: ManifestObject[] = [];

  constructor(context: WriterContext, address: SetAddress) {
    this.#context = context;
    this.#address = address;
  }

  get objects(): readonly ManifestObject[] {
    return this.#objects;
  }

  /** Stores one stream; its objects stay invisible. */
  async write(
    role: ObjectRole,
    source: AsyncIterable<Uint8Array>,
    options: StreamOptions,
  ): Promise<void> {
    const { project, keyring } = this.#context;
    const { database, id } = this.#address;
    const nameOf = (volume: number) => objectName(role, { volume });
    const receipt = await storeStream(source, {
      ...options,
      keyring,
      contextOf: (volume) => ({ project, database, backup: id, object: nameOf(volume) }),
      open: async (volume) => {
        const upload = await this.#begin(objectKey(this.#address, nameOf(volume)));
        this.#uploads.push(upload);
        return upload;
      },
    });
    this.#objects.push(...describeVolumes(role, receipt));
  }

  /**
   * Makes the set real: its objects together, then its manifests, which are stored first, so that a full disk shows before anything does.
   * @param manifestOf the manifest of one repository: how long a set is kept may differ.
   */
  async publish(manifestOf: (repository: string) => UnsealedManifest): Promise<void> {
    const objects = [...this.#uploads];
    const manifests = await Promise.all(
      this.#context.repositories.map((place) =>
        this.#finishManifest(place, manifestOf(place.name)),
      ),
    );
    for (const upload of objects) await upload.publish();
    const whole: string[] = [];
    for (const { place, upload } of manifests) {
      await upload.publish().catch((error: unknown) => {
        throw whole.length === 0 ? error : this.#inSomeOnly(error, { whole, missing: place.name });
      });
      whole.push(place.name);
    }
  }

  /** In every repository; where one can't be opened, `abort` takes the others back. */
  async #begin(key: string): Promise<Upload> {
    const begun = await Promise.allSettled(
      this.#context.repositories.map(({ repository }) => repository.begin(key)),
    );
    const upload = uploadToAll(
      begun.filter((one) => one.status === 'fulfilled').map(({ value }) => value),
    );
    const failure = begun.find((one) => one.status === 'rejected');
    if (failure === undefined) return upload;
    this.#uploads.push(upload);
    throw failure.reason;
  }

  async #finishManifest(
    place: NamedRepository,
    manifest: UnsealedManifest,
  ): Promise<{ place: NamedRepository; upload: Upload }> {
    const sealed = await sealManifest(manifest, this.#context.keyring);
    const upload = await place.repository.begin(manifestKey(this.#address));
    this.#uploads.push(upload);
    await upload.write(Buffer.from(`${JSON.stringify(sealed, null, 2)}\n`));
    await upload.finish();
    return { place, upload };
  }

  /** No commit spans two stores. */
  #inSomeOnly(
    error: unknown,
    { whole, missing }: { whole: readonly string[]; missing: string },
  ): unknown {
    if (!isHoldfastError(error)) return error;
    const { id } = this.#address;
    return new HoldfastError({
      code: error.code,
      message: `${id} is whole in ${whole.join(' and ')}, and could not be completed in ${missing}: ${error.message}`,
      hint: `When ${missing} answers again: \`holdfast copy ${id} --to ${quoteForShell(missing)}\`. Or take another backup.`,
      retryable: error.retryable,
      cause: error,
    });
  }

  /** Forgets what was not published. @returns what could not be removed and why, one sentence each. */
  async abort(): Promise<string[]> {
    return (await Promise.all(this.#uploads.map((upload) => upload.abort()))).flat();
  }
}

function describeVolumes(
  role: ObjectRole,
  { plaintextBytes, volumes }: StreamReceipt,
): ManifestObject[] {
  return volumes.map(({ storedBytes, sha256 }, index) => ({
    key: objectName(role, { volume: index + 1 }),
    role,
    volume: index + 1,
    of: volumes.length,
    codec: 'zstd',
    plaintextBytes: index === 0 ? plaintextBytes : 0,
    storedBytes,
    sha256,
  }));
}
