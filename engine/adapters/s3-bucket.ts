import type {
  $Command,
  S3Client,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import { EQUAL_PART_BYTES, partBytes } from '../domain/part-plan.ts';
import { asStoreError, nameOf, type StoreError } from './s3/store-error.ts';
import type { S3Action, SettingsAction } from './s3-actions.ts';
import { S3Checksums } from './s3-checksum.ts';
import { s3Failure } from './s3-failure.ts';
import { GIVE_UP_AFTER_MS } from './s3-retry.ts';

/** A request of the SDK. */
export type S3Command<I extends ServiceInputTypes, O extends ServiceOutputTypes> = $Command<
  I,
  O,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

export interface S3BucketOptions {
  client: S3Client;
  bucket: string;
  prefix?: string | undefined;
  /** A key of the server-side encryption that is not the bucket's own default. */
  sseKmsKey?: string | undefined;
  /** Not AWS: it may know less. */
  isOtherStore: boolean;
  /** What is released is deleted by its key, where lifecycle rules can not select it by a tag. */
  deletesReleased?: boolean | undefined;
  /** Every part of an upload but the last has the same size. */
  equalParts?: boolean | undefined;
  /** How long the body of an object may stand still. */
  patienceMs?: number | undefined;
  /** Milliseconds before something is tried a second time, at most. */
  baseDelayMs?: number | undefined;
}

export interface SendOptions {
  action: S3Action | SettingsAction;
  /** Key below the prefix, for messages. */
  key?: string | undefined;
  signal?: AbortSignal | undefined;
}

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'];

/** One bucket and a prefix in it: names of keys, and requests whose failures speak Holdfast. */
export class S3Bucket {
  readonly name: string;
  /** `s3://bucket/prefix` */
  readonly location: string;
  readonly isOtherStore: boolean;
  readonly deletesReleased: boolean;
  /** Bytes of part `number` of an upload, from 1. */
  readonly partBytes: (number: number) => number;
  readonly baseDelayMs: number | undefined;
  readonly patienceMs: number;
  /** What every write says about its encryption. */
  readonly encryption: { ServerSideEncryption?: 'aws:kms'; SSEKMSKeyId?: string };
  readonly checksums: S3Checksums;
  readonly #client: S3Client;
  readonly #prefix: string;
  #refreshing: Promise<unknown> | undefined;
  #refreshes = 0;

  constructor(options: S3BucketOptions) {
    const { client, bucket, prefix, sseKmsKey, isOtherStore, baseDelayMs } = options;
    const { patienceMs = GIVE_UP_AFTER_MS } = options;
    this.name = bucket;
    this.location = prefix === undefined ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
    this.isOtherStore = isOtherStore;
    this.deletesReleased = options.deletesReleased ?? false;
    this.partBytes = options.equalParts ? () => EQUAL_PART_BYTES : partBytes;
    this.baseDelayMs = baseDelayMs;
    this.patienceMs = patienceMs;
    this.encryption =
      sseKmsKey === undefined ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: sseKmsKey };
    this.checksums = new S3Checksums({ mayBeRefused: isOtherStore });
    this.#client = client;
    this.#prefix = prefix === undefined ? '' : `${prefix}/`;
  }

  /** What a request names: the bucket, and the key in it. */
  at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.name, Key: this.#prefix + key };
  }

  below(prefix: string): { Bucket: string; Prefix: string } {
    return { Bucket: this.name, Prefix: this.#prefix + prefix };
  }

  /** The key below the prefix; undefined for what can't be one of ours. */
  keyOf(stored: string | undefined): string | undefined {
    const key = stored?.startsWith(this.#prefix) ? stored.slice(this.#prefix.length) : '';
    return /^[A-Za-z0-9_%.-]+(\/[A-Za-z0-9_%.-]+)*$/.test(key) ? key : undefined;
  }

  /** @throws HoldfastError */
  async send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: S3Command<I, O>,
    options: SendOptions,
  ): Promise<O> {
    try {
      return await this.ask(command, options);
    } catch (error) {
      throw this.failure(error, options);
    }
  }

  /** The same for a caller that knows what some failures mean. @throws StoreError */
  async ask<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: S3Command<I, O>,
    { signal }: SendOptions,
  ): Promise<O> {
    const request = () =>
      this.#client.send(command, signal === undefined ? {} : { abortSignal: signal });
    const refreshes = this.#refreshes;
    try {
      return await request();
    } catch (error) {
      if (!hasExpired(asStoreError(error))) throw error;
      if (this.#refreshes === refreshes) await this.#refreshCredentials();
      return await request();
    }
  }

  failure(error: unknown, { action, key }: SendOptions): Error {
    return s3Failure(error, { action, bucket: this.name, location: this.location, key });
  }

  /** Once for all requests that were made with the old ones. */
  async #refreshCredentials(): Promise<void> {
    this.#refreshing ??= this.#client.config.credentials({ forceRefresh: true }).finally(() => {
      this.#refreshing = undefined;
      this.#refreshes += 1;
    });
    await this.#refreshing;
  }
}

/** An answer to HEAD has no body that could name the reason; it is 400 for an expired token. */
function hasExpired(error: StoreError): boolean {
  return (
    EXPIRED.includes(error.name) ||
    (error.$metadata?.httpStatusCode === 400 && /^(Unknown|BadRequest|400)/.test(nameOf(error)))
  );
}
