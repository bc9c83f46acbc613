import type { MountPoint } from '../domain/repository/mount-point.ts';
import type { ReplicationStatus } from '../domain/repository/replication-status.ts';
import type { StoreSettings } from '../domain/repository/store-settings.ts';
import type { ThawTier } from '../domain/thaw-estimate.ts';

/** One object as a listing shows it. */
export interface StoredObject {
  key: string;
  bytes: number;
  modifiedAt: Date;
  /** In a storage class that must be thawed before it can be read; absent where it is not. */
  isCold?: true;
}

/** An upload that was opened and is not published. */
export interface OpenUpload {
  key: string;
  /** When bytes were last written to it; when it was opened where the store says no more. */
  touchedAt: Date;
}

/**
 * An object on its way into a repository. Invisible until `publish`.
 * Calls come one after the other; after a failure only `abort` may follow.
 */
export interface Upload {
  readonly key: string;
  /** Takes over the bytes before it resolves, so the caller may reuse the buffer. Back-pressure is the promise. */
  write(chunk: Uint8Array): Promise<void>;
  /** Sends every byte that makes up a whole object; the object stays invisible. */
  finish(): Promise<void>;
  /** Makes the object visible, once and for all. @throws HoldfastError OBJECT_EXISTS when there is one of this key. */
  publish(): Promise<void>;
  /**
   * Forgets the bytes. Safe to repeat, and after a failure of any other call. Never removes what was published.
   * Does not throw. @returns what could not be removed and why, one sentence each.
   */
  abort(): Promise<string[]>;
}

/** No manifest, mark, report or record is larger. */
export const SMALL_OBJECT_BYTES = 64 * 1024 * 1024;

export interface GetOptions {
  /** SMALL_OBJECT_BYTES unless given. */
  limitBytes?: number;
}

/** A part of a repository that can not be listed. */
export interface HiddenFolder {
  /** Of the keys in it, with its closing slash. */
  prefix: string;
  /** A clause: `permission denied`. */
  why: string;
}

export interface ListOptions {
  /** Told of each part that can not be listed, which is passed over then. Without it such a part ends the listing. */
  onHidden?: ((hidden: HiddenFolder) => void) | undefined;
}

/** For whoever can do without what can not be listed; `check` and `prune` name it. */
export const PASS_OVER_HIDDEN: ListOptions = { onHidden: () => undefined };

export interface FreeSpace {
  freeBytes: number;
  totalBytes: number;
}

/** How a store is set up. Undefined where it would not say. */
export interface StoreTraits {
  isVersioned: boolean | undefined;
  /** Default retention of Object Lock; null where there is none. */
  objectLock: { mode: string; days: number } | null | undefined;
  /** Server-side encryption by default: `aws:kms`, `AES256` or null. */
  encryption: string | null | undefined;
}

/** What commands ask of a store, tried on an object that is there for it. */
export interface StoreTrial {
  /** What doctor calls it. */
  name: string;
  /** What some commands can not do without it, as a sentence. */
  without: string;
  /** No backup can be taken without it. */
  isVital: boolean;
  /** Makes the requests. @throws HoldfastError where one is refused or not known. */
  attempt(): Promise<{ detail: string; status?: 'warning' | 'failed'; fix?: string[] }>;
}

/** How an object lies in its store. */
export interface ObjectCondition {
  bytes: number;
  /** `STANDARD`, `GLACIER`, `DEEP_ARCHIVE`, ...; null in a folder. */
  storageClass: string | null;
  /** Only `ready` objects can be read: `cold` ones must be thawed first. */
  readiness: 'ready' | 'cold' | 'thawing';
  /** Whether the store has copied it to its replica; absent where it says nothing of that. */
  replication?: ReplicationStatus;
}

/**
 * Where backup sets live. Keys are `/`-separated segments of [A-Za-z0-9_%.-]; objects are written once and never changed.
 * Every method may throw HoldfastError REPOSITORY_UNREACHABLE (retryable), ACCESS_DENIED, CREDENTIALS, KEY_UNUSABLE or DISK_FULL;
 * what is passing has been tried again with back-off before.
 */
export interface Repository {
  /** For people: the folder, or `s3://bucket/prefix`. */
  readonly location: string;
  /** Opens an upload of unknown length. Costs nothing that `abort` does not give back. */
  begin(key: string): Promise<Upload>;
  /** Stores a small object whole. Not idempotent: @throws HoldfastError OBJECT_EXISTS. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** The bytes of an object as a stream. @throws HoldfastError OBJECT_MISSING, OBJECT_COLD on the first read. */
  read(key: string): AsyncIterable<Uint8Array>;
  /**
   * A small object whole. Its size is checked before it is read into memory.
   * @throws HoldfastError OBJECT_MISSING, OBJECT_COLD; OBJECT_DAMAGED where it is larger, or no regular file.
   */
  get(key: string, options?: GetOptions): Promise<Buffer>;
  /** Published objects below a prefix, in the order of their keys; costs a request a thousand objects. */
  list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject>;
  /**
   * The prefixes one level below `prefix` (`''`, or one that ends with a slash), each with its closing slash, in the order of
   * their keys: `daily/`, `audit/`. Costs a request a thousand of them and of the objects beside them, however much is in them;
   * in a folder, one that holds nothing may be named. Parts that can not be listed are as in `list`.
   */
  prefixes(prefix: string, options?: ListOptions): Promise<string[]>;
  /** The same with every older version that is still there, and objects that are hidden by a delete marker; in a folder what `list` gives. */
  listVersions(prefix: string): AsyncIterable<StoredObject>;
  /**
   * Aborts uploads below the prefix that a dead run left open; the caller holds the run lock of that prefix. Returns their keys.
   * A folder also removes what nobody has written to for a week, wherever it was going.
   * @param isSpared uploads that are left alone; none unless given.
   */
  abandonUnfinished(
    prefix: string,
    isSpared?: (upload: OpenUpload) => Promise<boolean>,
  ): Promise<string[]>;
  /** The store's own clock, read by a real request. */
  now(): Promise<Date>;
  /**
   * Whether the place exists, and holds anything: a folder may not be made yet, or its disk may not be mounted. A bucket that does
   * not exist fails every call, so it is `filled` here.
   */
  presence(): Promise<'absent' | 'empty' | 'filled'>;
  /** The disk that a folder lies on; undefined for a bucket, and where the machine does not say. */
  mountPoint(): Promise<MountPoint | undefined>;
  /** Undefined where the store has no end. */
  freeSpace(): Promise<FreeSpace | undefined>;
  /**
   * Lets the store have the objects, in the order given: a folder removes them now; S3 tags them `holdfast=released`, and its
   * lifecycle rules remove them after the undo window. Idempotent; objects that are not there are passed over.
   */
  release(keys: readonly string[]): Promise<void>;
  /**
   * Makes the requests that `release` makes of one object and changes nothing, so that a run learns before its first mark that the
   * store will not let it finish. @throws HoldfastError ACCESS_DENIED, STORE_UNFIT.
   */
  rehearseRelease(key: string): Promise<void>;
  /** Keeps the objects from everybody until then. Never shortens. Idempotent; nothing where the store knows no locks or the time has passed. */
  lockUntil(keys: readonly string[], until: Date): Promise<void>;
  /** Null where the object is not locked, undefined where the store knows no locks. One request. @throws HoldfastError OBJECT_MISSING. */
  lockedUntil(key: string): Promise<Date | null | undefined>;
  /** One request. @throws HoldfastError OBJECT_MISSING. */
  inspect(key: string): Promise<ObjectCondition>;
  /** Asks for a readable copy of a cold object; `inspect` tells when it is ready. Idempotent. @throws HoldfastError OBJECT_MISSING. */
  thaw(key: string, wish: { tier: ThawTier; days: number }): Promise<void>;
  /** Whether a second object of one key is refused: tried for real, with a probe of a few bytes under `keys/`. */
  isCreateOnly(): Promise<boolean>;
  /**
   * Whether an upload in parts is refused at its end, too, where there is an object of its key. Tried
   * for real on the probe of `isCreateOnly`; true without a request where the store documents it.
   */
  isCreateOnlyInParts(): Promise<boolean>;
  /** Asks what the store is set to do. */
  examine(): Promise<StoreTraits>;
  /** How it is set up, as `check` compares it with the config. */
  settings(): Promise<StoreSettings>;
  /** All else that commands ask of it; nothing for a folder. */
  trials(): StoreTrial[];
}
