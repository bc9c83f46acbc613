import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Bucket } from '../s3-bucket.ts';

/**
 * What lies one level below a prefix, by a delimiter. A page holds a thousand keys and common prefixes together (S3 API Reference,
 * ListObjectsV2: MaxKeys, CommonPrefixes). A store that does not know the delimiter lists every key, so keys count, too.
 */
export async function listPrefixes(bucket: S3Bucket, prefix: string): Promise<string[]> {
  const found = new Set<string>();
  let position: { ContinuationToken: string } | undefined;
  do {
    const input = { ...bucket.below(prefix), Delimiter: '/', ...position };
    const page = await bucket.send(new ListObjectsV2Command(input), { action: 's3:ListBucket' });
    for (const { Prefix } of page.CommonPrefixes ?? [])
      add(found, { prefix, key: bucket.keyOf(`${Prefix}_`) });
    for (const { Key } of page.Contents ?? []) add(found, { prefix, key: bucket.keyOf(Key) });
    position =
      page.NextContinuationToken === undefined
        ? undefined
        : { ContinuationToken: page.NextContinuationToken };
  } while (position !== undefined);
  return [...found].sort();
}

/** The part of a key that ends with the first slash behind the prefix. */
function add(
  found: Set<string>,
  { prefix, key = '' }: { prefix: string; key: string | undefined },
): void {
  const end = key.startsWith(prefix) ? key.indexOf('/', prefix.length) : -1;
  if (end > 0) found.add(key.slice(0, end + 1));
}
