import { asStoreError, type StoreError, statusOf } from './s3/store-error.ts';

/** What a request says about its body, so that the store verifies it. */
export interface ChecksumFields {
  ChecksumAlgorithm?: 'SHA256';
  ChecksumSHA256?: string;
}

/**
 * SHA-256 of bodies for the store to verify. Some stores that are not AWS refuse the headers: then the signature, which covers the
 * same digest of the body, is all there is.
 */
export class S3Checksums {
  readonly #mayBeRefused: boolean;
  #isRefused = false;

  constructor({ mayBeRefused }: { mayBeRefused: boolean }) {
    this.#mayBeRefused = mayBeRefused;
  }

  /** For the start of a multipart upload, whose parts will each have one. */
  start<T>(send: (fields: Pick<ChecksumFields, 'ChecksumAlgorithm'>) => Promise<T>): Promise<T> {
    return this.#orWithout({ ChecksumAlgorithm: 'SHA256' }, send);
  }

  /** @param sha256 base64 */
  body<T>(sha256: string, send: (fields: ChecksumFields) => Promise<T>): Promise<T> {
    return this.#orWithout({ ChecksumAlgorithm: 'SHA256', ChecksumSHA256: sha256 }, send);
  }

  async #orWithout<T>(
    fields: ChecksumFields,
    send: (fields: ChecksumFields) => Promise<T>,
  ): Promise<T> {
    if (this.#isRefused) return send({});
    try {
      return await send(fields);
    } catch (error) {
      if (!this.#mayBeRefused || !isRefusal(asStoreError(error))) throw error;
      const answer = await send({});
      this.#isRefused = true;
      return answer;
    }
  }
}

/** A body that came out changed is no refusal, in whatever words a store says it: then the checksum did what it is for. */
const MISMATCH = /mismatch|not match|BadDigest/i;

/**
 * "A header you provided implies functionality that is not implemented" is how S3 itself words it (Amazon S3 API Reference, "Error
 * responses", NotImplemented), and it does not say which header. Where it was another one, the request fails without checksums, too.
 */
function isRefusal(error: StoreError): boolean {
  const { name, message } = error;
  if (MISMATCH.test(`${name} ${message}`)) return false;
  const status = statusOf(error);
  return (
    status === 501 || name === 'NotImplemented' || (status === 400 && /checksum/i.test(message))
  );
}
