/** One object as a listing shows it. */
export interface StoredObject {
  key: string;
  bytes: number;
  modifiedAt: Date;
}

/**
 * An object on its way into a repository. Invisible until `publish`.
 * Calls come one after the other; after a failure only `abort` may follow.
 */
export interface Upload {
  readonly key: string;
  /** Takes over the bytes before it resolves, so the caller may reuse the buffer. Back-pressure is the promise. */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes every byte durable. The object stays invisible. */
  finish(): Promise<void>;
  /** Makes the object visible, once and for all. @throws HoldfastError OBJECT_EXISTS when there is one of this key. */
  publish(): Promise<void>;
  /** Forgets the bytes. Safe to repeat, and after a failure of any other call. Never removes what was published. */
  abort(): Promise<void>;
}

export interface FreeSpace {
  freeBytes: number;
  totalBytes: number;
}

/**
 * Where backup sets live. Keys are `/`-separated segments of [A-Za-z0-9_%.-]; objects are written once and never changed.
 * Every method may throw HoldfastError REPOSITORY_UNREACHABLE (retryable) or DISK_FULL.
 */
export interface Repository {
  /** For people: the folder or the bucket. */
  readonly location: string;
  /** Opens an upload of unknown length. Costs nothing that `abort` does not give back. */
  begin(key: string): Promise<Upload>;
  /** Stores a small object whole. Not idempotent: @throws HoldfastError OBJECT_EXISTS. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** The bytes of an object as a stream; one request. @throws HoldfastError OBJECT_MISSING on the first read. */
  read(key: string): AsyncIterable<Uint8Array>;
  /** A small object whole. @throws HoldfastError OBJECT_MISSING. */
  get(key: string): Promise<Buffer>;
  /** Published objects below a prefix, in the order of their keys; costs a request a thousand objects. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Aborts uploads below the prefix that a dead run left open; the caller holds the run lock of that prefix. Returns their keys. */
  abandonUnfinished(prefix: string): Promise<string[]>;
  /** The store's own clock, read by a real request. */
  now(): Promise<Date>;
  /** Undefined where the store has no end. */
  freeSpace(): Promise<FreeSpace | undefined>;
}
