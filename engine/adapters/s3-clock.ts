import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { HoldfastError } from '../errors.ts';
import type { S3Bucket } from './s3-bucket.ts';

/** The Date of an answer: of a listing and not of HeadBucket, because it takes the same permission and a refusal of it says why. */
export async function readStoreClock(bucket: S3Bucket): Promise<Date> {
  const command = new ListObjectsV2Command({ ...bucket.below(''), MaxKeys: 1 });
  let date: string | undefined;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      date = (result.response as { headers: Record<string, string> }).headers.date;
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  await bucket.send(command, { action: 's3:ListBucket' });
  if (date !== undefined) return new Date(date);
  throw new HoldfastError({
    code: 'STORE_UNFIT',
    message: `${bucket.location} does not say what time it is`,
    hint: 'An answer has no Date header; look at the proxy that may stand between.',
  });
}
