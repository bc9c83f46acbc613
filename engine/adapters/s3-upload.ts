import { createHash, randomUUID } from 'node:crypto';
import {
  type CompletedPart,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Upload } from '../ports/repository.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { abortUpload } from './s3-listing.ts';
import { PartBuffers } from './s3-part-buffers.ts';
import { publishParts, publishWhole, tokenMetadata } from './s3-publish.ts';

/** Parts that travel at a time; with the one that fills they are what an upload holds in memory. */
const ON_THE_WAY = 2;
const ABORT_TIMEOUT_MS = 30_000;
/** How long an abort waits to learn the name of an upload that is just being opened. */
const OPENING_GRACE_MS = 5_000;
const PUT = { action: 's3:PutObject' } as const;

export interface S3UploadOptions {
  key: string;
  /** Bytes of part `number`, from 1; as the bucket has it unless given. */
  partBytes?: (number: number) => number;
}

/** An upload of unknown length: parts that grow by plan, or a single request where it stays smaller than the first. */
export class S3Upload implements Upload {
  readonly key: string;
  readonly #bucket: S3Bucket;
  readonly #partBytes: (number: number) => number;
  readonly #token = randomUUID();
  readonly #buffers = new PartBuffers();
  readonly #parts: CompletedPart[] = [];
  readonly #travelling = new Set<Promise<void>>();
  readonly #sending = new AbortController();
  readonly #opening = new AbortController();
  #hash = createHash('sha256');
  #filling: Buffer | undefined;
  #filled = 0;
  #bytes = 0;
  #lastNumber = 0;
  #id: Promise<string> | undefined;
  #failure: unknown;
  #isPublished = false;

  constructor(bucket: S3Bucket, { key, partBytes = bucket.partBytes }: S3UploadOptions) {
    this.#bucket = bucket;
    this.key = key;
    this.#partBytes = partBytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#assertWell();
    for (let offset = 0; offset < chunk.length; ) {
      this.#filling ??= this.#buffers.take(this.#partBytes(this.#lastNumber + 1));
      const taken = chunk.subarray(offset, offset + this.#filling.length - this.#filled);
      this.#filling.set(taken, this.#filled);
      this.#hash.update(taken);
      this.#filled += taken.length;
      this.#bytes += taken.length;
      offset += taken.length;
      if (this.#filled === this.#filling.length) await this.#sendFilled();
    }
  }

  async finish(): Promise<void> {
    if (this.#id === undefined) return;
    if (this.#filled > 0) await this.#sendFilled();
    await Promise.all(this.#travelling);
    this.#assertWell();
    this.#buffers.drop();
  }

  async publish(): Promise<void> {
    const newcomer = { key: this.key, token: this.#token, bytes: this.#bytes };
    if (this.#id === undefined) {
      const body = this.#filling?.subarray(0, this.#filled) ?? Buffer.alloc(0);
      await publishWhole(this.#bucket, newcomer, { body, sha256: this.#hash.digest('base64') });
    } else {
      await publishParts(this.#bucket, newcomer, {
        id: await this.#id,
        parts: this.#parts.sort(byNumber),
      });
    }
    this.#isPublished = true;
    this.#forgetBytes();
  }

  async abort(): Promise<string[]> {
    if (this.#isPublished) return [];
    this.#failure ??= new Error('aborted');
    this.#sending.abort();
    const id = await this.#idWithinGrace();
    await Promise.allSettled(this.#travelling);
    this.#forgetBytes();
    if (id === undefined) return [];
    const { key } = this;
    try {
      const signal = AbortSignal.timeout(ABORT_TIMEOUT_MS);
      await abortUpload(this.#bucket, { key, id, signal });
      return [];
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown failure';
      return [
        `an unfinished upload of ${key} stays in ${this.#bucket.location} until the next backup or a lifecycle rule removes it: ${why}`,
      ];
    }
  }

  /** Waits until a part may set out, and then for nothing more. */
  async #sendFilled(): Promise<void> {
    while (this.#travelling.size >= ON_THE_WAY) await Promise.race(this.#travelling);
    this.#assertWell();
    const buffer = this.#filling as Buffer;
    this.#lastNumber += 1;
    const part = {
      number: this.#lastNumber,
      body: buffer.subarray(0, this.#filled),
      sha256: this.#hash.digest('base64'),
    };
    const journey = this.#send(part)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#travelling.delete(journey);
        this.#buffers.giveBack(buffer);
      });
    this.#travelling.add(journey);
    this.#hash = createHash('sha256');
    this.#filling = undefined;
    this.#filled = 0;
  }

  async #send({
    number,
    body,
    sha256,
  }: {
    number: number;
    body: Buffer;
    sha256: string;
  }): Promise<void> {
    this.#id ??= this.#open();
    const { key } = this;
    const { signal } = this.#sending;
    try {
      const place = { ...this.#bucket.at(key), UploadId: await this.#id, PartNumber: number };
      const part = await this.#bucket.checksums.body(sha256, async (fields) => {
        const { ETag = '' } = await this.#bucket.ask(
          new UploadPartCommand({ ...place, ...fields, Body: body }),
          { ...PUT, signal },
        );
        const { ChecksumSHA256 } = fields;
        return {
          PartNumber: number,
          ETag,
          ...(ChecksumSHA256 === undefined ? {} : { ChecksumSHA256 }),
        };
      });
      this.#parts.push(part);
    } catch (error) {
      throw this.#bucket.failure(error, { ...PUT, key });
    }
  }

  async #open(): Promise<string> {
    const input = {
      ...this.#bucket.at(this.key),
      ...this.#bucket.encryption,
      ...tokenMetadata(this.#token),
    };
    const options = { ...PUT, key: this.key, signal: this.#opening.signal };
    const { UploadId } = await this.#bucket.checksums.start((fields) =>
      this.#bucket.ask(new CreateMultipartUploadCommand({ ...input, ...fields }), options),
    );
    return UploadId ?? '';
  }

  /** An upload whose name we never learn would stay open until the next run sweeps it up. */
  async #idWithinGrace(): Promise<string | undefined> {
    const timer = setTimeout(() => this.#opening.abort(), OPENING_GRACE_MS);
    const id = await this.#id?.catch(() => undefined);
    clearTimeout(timer);
    return id;
  }

  #assertWell(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #forgetBytes(): void {
    this.#filling = undefined;
    this.#filled = 0;
    this.#buffers.drop();
  }
}

function byNumber(one: CompletedPart, other: CompletedPart): number {
  return (one.PartNumber ?? 0) - (other.PartNumber ?? 0);
}
