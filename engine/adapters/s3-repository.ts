import { createHash, randomUUID } from 'node:crypto';
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
  type StoreTrial,
  type Upload,
} from '../ports/repository.ts';
import { isCreateOnly } from './create-only-probe.ts';
import { readBucketSettings } from './s3/bucket-settings.ts';
import { listPrefixes } from './s3/list-prefixes.ts';
import { refusesSecondUpload } from './s3/second-upload.ts';
import { storeTrials } from './s3/trials.ts';
import { S3Bucket, type S3BucketOptions } from './s3-bucket.ts';
import { readStoreClock } from './s3-clock.ts';
import { inspectObject, type ThawWish, thawObject } from './s3-condition.ts';
import { abortUploads, listObjects, listVersions } from './s3-listing.ts';
import { type BucketLock, lockUntil, readBucketLock, readRetention } from './s3-lock.ts';
import { publishWhole } from './s3-publish.ts';
import { readObject } from './s3-read.ts';
import { rehearseRelease, release } from './s3-release.ts';
import { readTraits } from './s3-traits.ts';
import { S3Upload } from './s3-upload.ts';

/** A repository in a bucket of S3, or of a store that speaks its language. */
export class S3Repository implements Repository {
  readonly location: string;
  readonly #bucket: S3Bucket;
  #lock: BucketLock | undefined;

  constructor(options: S3BucketOptions) {
    this.#bucket = new S3Bucket(options);
    this.location = this.#bucket.location;
  }

  /** No request yet: one is opened when the first part is full. */
  async begin(key: string): Promise<Upload> {
    return new S3Upload(this.#bucket, { key });
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const sha256 = createHash('sha256').update(body).digest('base64');
    await publishWhole(
      this.#bucket,
      { key, token: randomUUID(), bytes: body.length },
      { body, sha256 },
    );
  }

  read(key: string): AsyncIterable<Uint8Array> {
    return readObject(this.#bucket, key);
  }

  async get(key: string, { limitBytes = SMALL_OBJECT_BYTES }: GetOptions = {}): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of readObject(this.#bucket, key, { limitBytes })) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  list(prefix: string): AsyncIterable<StoredObject> {
    return listObjects(this.#bucket, prefix);
  }

  prefixes(prefix: string): Promise<string[]> {
    return listPrefixes(this.#bucket, prefix);
  }

  listVersions(prefix: string): AsyncIterable<StoredObject> {
    return listVersions(this.#bucket, prefix);
  }

  abandonUnfinished(
    prefix: string,
    isSpared?: (upload: OpenUpload) => Promise<boolean>,
  ): Promise<string[]> {
    return abortUploads(this.#bucket, prefix, isSpared);
  }

  now(): Promise<Date> {
    return readStoreClock(this.#bucket);
  }

  /** A bucket has no end. */
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
    await this.#assertNotLocked();
    await release(this.#bucket, keys);
  }

  async rehearseRelease(key: string): Promise<void> {
    await this.#assertNotLocked();
    await rehearseRelease(this.#bucket, key);
  }

  async lockUntil(keys: readonly string[], until: Date): Promise<void> {
    await lockUntil(this.#bucket, await this.#bucketLock(), { keys, until });
  }

  async lockedUntil(key: string): Promise<Date | null | undefined> {
    const { isEnabled } = await this.#bucketLock();
    return isEnabled
      ? ((await readRetention(this.#bucket, key))?.RetainUntilDate ?? null)
      : undefined;
  }

  inspect(key: string): Promise<ObjectCondition> {
    return inspectObject(this.#bucket, key);
  }

  thaw(key: string, wish: ThawWish): Promise<void> {
    return thawObject(this.#bucket, key, wish);
  }

  isCreateOnly(): Promise<boolean> {
    return isCreateOnly(this);
  }

  /** S3 API Reference, CompleteMultipartUpload: If-None-Match. Other stores often lack it there. */
  async isCreateOnlyInParts(): Promise<boolean> {
    return !this.#bucket.isOtherStore || refusesSecondUpload(this.#bucket);
  }

  examine(): Promise<StoreTraits> {
    return readTraits(this.#bucket);
  }

  settings(): Promise<StoreSettings> {
    return readBucketSettings(this.#bucket);
  }

  trials(): StoreTrial[] {
    return storeTrials(this.#bucket, { rehearseRelease: (key) => this.rehearseRelease(key) });
  }

  /** A delete in a bucket with Object Lock only hides: its lifecycle rules have to remove versions, and they go by the tag. */
  async #assertNotLocked(): Promise<void> {
    if (!this.#bucket.deletesReleased || !(await this.#bucketLock()).isEnabled) return;
    throw new HoldfastError({
      code: 'STORE_UNFIT',
      message: `${this.location} has Object Lock, where retention: delete removes nothing`,
      hint: 'Take retention: delete out of this repository, and let lifecycle rules remove what is tagged; see docs/CONFIG.md, "Buckets".',
    });
  }

  async #bucketLock(): Promise<BucketLock> {
    this.#lock ??= await readBucketLock(this.#bucket);
    return this.#lock;
  }
}
