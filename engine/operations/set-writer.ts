import { manifestKey, objectKey, type SetAddress } from '../domain/key.ts';
import type { ManifestObject, UnsealedManifest } from '../domain/manifest.ts';
import { type ObjectRole, objectName } from '../domain/object-name.ts';
import type { Upload } from '../ports/repository.ts';
import { sealManifest } from '../stream/seal.ts';
import { type StreamReceipt, storeStream } from '../stream/store-stream.ts';
import type { Context } from './context.ts';

export interface StreamOptions {
  signal: AbortSignal;
  onBytes?: (plaintextBytes: number) => void;
}

type WriterContext = Pick<Context, 'project' | 'repository' | 'keyring'>;

/** Writes one backup set: streams first, all of them finished before any is published, the manifest last. */
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
  async write(role: ObjectRole, source: AsyncIterable<Uint8Array>, options: StreamOptions): Promise<void> {
    const { project, repository, keyring } = this.#context;
    const { database, id } = this.#address;
    const nameOf = (volume: number) => objectName(role, { volume });
    const receipt = await storeStream(source, {
      ...options,
      keyring,
      contextOf: (volume) => ({ project, database, backup: id, object: nameOf(volume) }),
      open: async (volume) => {
        const upload = await repository.begin(objectKey(this.#address, nameOf(volume)));
        this.#uploads.push(upload);
        return upload;
      },
    });
    this.#objects.push(...describeVolumes(role, receipt));
  }

  /** Makes the set real: its objects together, then its manifest, which is stored first, so that a full disk shows before anything does. */
  async publish(manifest: UnsealedManifest): Promise<void> {
    const sealed = await sealManifest(manifest, this.#context.keyring);
    const last = await this.#context.repository.begin(manifestKey(this.#address));
    this.#uploads.push(last);
    await last.write(Buffer.from(`${JSON.stringify(sealed, null, 2)}\n`));
    await last.finish();
    for (const upload of this.#uploads) await upload.publish();
  }

  /** Forgets what was not published. */
  async abort(): Promise<void> {
    await Promise.all(this.#uploads.map((upload) => upload.abort()));
  }
}

function describeVolumes(role: ObjectRole, { plaintextBytes, volumes }: StreamReceipt): ManifestObject[] {
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
