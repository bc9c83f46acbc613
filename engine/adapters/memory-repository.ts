import type { StoreSettings } from '../domain/repository/store-settings.ts';
import { HoldfastError } from '../errors.ts';
import {
  type GetOptions,
  type ObjectCondition,
  type OpenUpload,
  type Repository,
  SMALL_OBJECT_BYTES,
  type StoredObject,
  type StoreTraits,
  type Upload,
} from '../ports/repository.ts';
import { isCreateOnly } from './create-only-probe.ts';
import { objectTooLarge } from './shared/object-too-large.ts';

/** A repository for tests of what stands above the port: as strict as the real ones, and gone with the process. */
export class MemoryRepository implements Repository {
  readonly location = 'memory';
  readonly #objects = new Map<string, { bytes: Buffer; modifiedAt: Date }>();
  readonly #unfinished = new Set<MemoryUpload>();

  async begin(key: string): Promise<Upload> {
    const upload = new MemoryUpload(key, {
      publish: (bytes) => this.#publish(key, bytes),
      forget: () => this.#unfinished.delete(upload),
    });
    this.#unfinished.add(upload);
    return upload;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.#publish(key, Buffer.from(bytes));
  }

  async *read(key: string): AsyncGenerator<Uint8Array> {
    yield await this.get(key, { limitBytes: Number.POSITIVE_INFINITY });
  }

  async get(key: string, { limitBytes = SMALL_OBJECT_BYTES }: GetOptions = {}): Promise<Buffer> {
    const found = this.#objects.get(key);
    if (found === undefined)
      throw new HoldfastError({ code: 'OBJECT_MISSING', message: `${key} is not in memory` });
    const { length: bytes } = found.bytes;
    if (bytes > limitBytes)
      throw objectTooLarge({ key, location: this.location, bytes, limitBytes });
    return Buffer.from(found.bytes);
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    for (const key of [...this.#objects.keys()]
      .filter((candidate) => candidate.startsWith(prefix))
      .sort()) {
      const found = this.#objects.get(key);
      if (found !== undefined)
        yield { key, bytes: found.bytes.length, modifiedAt: found.modifiedAt };
    }
  }

  async prefixes(prefix: string): Promise<string[]> {
    const found = new Set<string>();
    for (const key of this.#objects.keys()) {
      const end = key.startsWith(prefix) ? key.indexOf('/', prefix.length) : -1;
      if (end > 0) found.add(key.slice(0, end + 1));
    }
    return [...found].sort();
  }

  listVersions(prefix: string): AsyncIterable<StoredObject> {
    return this.list(prefix);
  }

  async abandonUnfinished(
    prefix: string,
    isSpared?: (upload: OpenUpload) => Promise<boolean>,
  ): Promise<string[]> {
    const abandoned: string[] = [];
    for (const upload of [...this.#unfinished].filter(({ key }) => key.startsWith(prefix))) {
      if (await isSpared?.(upload)) continue;
      await upload.abort();
      abandoned.push(upload.key);
    }
    return abandoned;
  }

  async now(): Promise<Date> {
    return new Date();
  }

  async mountPoint(): Promise<undefined> {
    return undefined;
  }

  async presence(): Promise<'filled'> {
    return 'filled';
  }

  async freeSpace(): Promise<undefined> {
    return undefined;
  }

  async release(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#objects.delete(key);
  }

  async lockUntil(): Promise<void> {}

  async rehearseRelease(): Promise<void> {}

  async lockedUntil(): Promise<undefined> {
    return undefined;
  }

  async inspect(key: string): Promise<ObjectCondition> {
    return {
      bytes: (await this.get(key, { limitBytes: Number.POSITIVE_INFINITY })).length,
      storageClass: null,
      readiness: 'ready',
    };
  }

  async thaw(key: string): Promise<void> {
    await this.inspect(key);
  }

  isCreateOnly(): Promise<boolean> {
    return isCreateOnly(this);
  }

  /** Every object is published in one way, however it was written. */
  async isCreateOnlyInParts(): Promise<true> {
    return true;
  }

  async examine(): Promise<StoreTraits> {
    return { isVersioned: false, objectLock: null, encryption: null };
  }

  async settings(): Promise<StoreSettings> {
    return { kind: 'folder', openToAll: [], foreign: [] };
  }

  trials(): [] {
    return [];
  }

  #publish(key: string, bytes: Buffer): void {
    if (this.#objects.has(key))
      throw new HoldfastError({ code: 'OBJECT_EXISTS', message: `${key} is there already` });
    this.#objects.set(key, { bytes, modifiedAt: new Date() });
  }
}

interface MemoryUploadOptions {
  publish: (bytes: Buffer) => void;
  forget: () => void;
}

class MemoryUpload implements Upload {
  readonly key: string;
  touchedAt = new Date();
  readonly #options: MemoryUploadOptions;
  #chunks: Buffer[] = [];

  constructor(key: string, options: MemoryUploadOptions) {
    this.key = key;
    this.#options = options;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.touchedAt = new Date();
    this.#chunks.push(Buffer.from(chunk));
  }

  async finish(): Promise<void> {}

  async publish(): Promise<void> {
    this.#options.publish(Buffer.concat(this.#chunks));
    this.#options.forget();
  }

  async abort(): Promise<string[]> {
    this.#chunks = [];
    this.#options.forget();
    return [];
  }
}
