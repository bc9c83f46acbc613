import type { CredentialSource } from '../adapters/aws-identity.ts';
import { isOtherStore, makeS3Client } from '../adapters/s3-client.ts';
import { S3Repository } from '../adapters/s3-repository.ts';
import type { Environment } from '../config/from-environment.ts';
import type { RepositoryConfig } from '../config/repository-schema.ts';
import type { Repository } from '../ports/repository.ts';

/** A repository in a bucket; no request is made yet. */
export function openBucket(
  config: RepositoryConfig,
  env: Environment,
  credentials?: CredentialSource,
): Repository {
  const { bucket = '', prefix, region, endpoint, pathStyle, profile, sseKmsKey } = config;
  const client = makeS3Client({ region, endpoint, pathStyle, profile, credentials, env });
  return new S3Repository({
    client,
    bucket,
    prefix,
    sseKmsKey,
    isOtherStore: isOtherStore({ endpoint, env }),
    deletesReleased: config.retention === 'delete',
    equalParts: config.equalParts,
  });
}
