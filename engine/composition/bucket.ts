import { endpointIn } from '../adapters/aws-endpoint.ts';
import type { CredentialSource } from '../adapters/aws-identity.ts';
import { isOtherStore, makeS3Client } from '../adapters/s3-client.ts';
import { S3Repository } from '../adapters/s3-repository.ts';
import type { Environment } from '../config/from-environment.ts';
import type { RepositoryConfig } from '../config/repository-schema.ts';
import type { Repository } from '../ports/repository.ts';

export interface BucketOptions {
  credentials?: CredentialSource | undefined;
  /** How long the store may stand still. */
  stallTimeoutSeconds?: number | undefined;
}

/** A repository in a bucket; no request is made yet. */
export function openBucket(
  config: RepositoryConfig,
  env: Environment,
  { credentials, stallTimeoutSeconds }: BucketOptions = {},
): Repository {
  const { bucket = '', prefix, region, endpoint, pathStyle, profile, sseKmsKey } = config;
  const patienceMs = stallTimeoutSeconds === undefined ? undefined : stallTimeoutSeconds * 1000;
  const place = { region, endpoint, pathStyle, profile };
  const client = makeS3Client({ ...place, credentials, env, patienceMs });
  return new S3Repository({
    client,
    bucket,
    prefix,
    sseKmsKey,
    patienceMs,
    isOtherStore: isOtherStore({ endpoint, env }),
    deletesReleased: config.retention === 'delete',
    equalParts: config.equalParts ?? isR2(endpoint ?? endpointIn(env, 'S3')),
  });
}

/** Cloudflare R2 says at the end of an upload that it wants parts of one size (its documentation, "Multipart upload"). */
function isR2(endpoint: string | undefined): boolean {
  return (URL.parse(endpoint ?? '')?.hostname ?? '').endsWith('.r2.cloudflarestorage.com');
}
