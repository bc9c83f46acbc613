import { KMS } from '@aws-sdk/client-kms';
import type { Environment } from '../config/from-environment.ts';
import type { KmsKeyState } from '../domain/health/keys.ts';
import type { Asked } from '../domain/repository/store-settings.ts';
import { clientOptions } from './aws-client-options.ts';
import { awsErrorName, awsFault } from './aws-failure.ts';
import { kmsFailure } from './kms-failure.ts';
import { regionOfKey } from './kms-key.ts';

export interface KmsKeyStateOptions {
  env: Environment;
  /** Of an alias or an id; an ARN has its own. */
  region?: string | undefined;
}

/**
 * What KMS says of a key, by its ARN, id or alias: kms:DescribeKey, and kms:GetKeyRotationStatus where the key can rotate. "Automatic
 * key rotation is supported only on symmetric encryption KMS keys", not on imported material, not in a custom key store, and of related
 * multi-Region keys it is set on the primary (AWS KMS API Reference, GetKeyRotationStatus).
 * @throws HoldfastError KEY_UNUSABLE, CREDENTIALS, CLOCK_OFF where KMS does not answer.
 */
export async function askKmsKey(
  id: string,
  { env, region }: KmsKeyStateOptions,
): Promise<Asked<KmsKeyState>> {
  const kms = new KMS(clientOptions(env, { region: regionOfKey(id) ?? region, service: 'KMS' }));
  const described = await asked(id, {
    action: 'DescribeKey',
    call: async () => (await kms.describeKey({ KeyId: id })).KeyMetadata,
  });
  if ('refused' in described) return described;
  const { told: metadata } = described;
  const isRotating =
    metadata?.KeySpec === 'SYMMETRIC_DEFAULT' &&
    metadata.Origin === 'AWS_KMS' &&
    metadata.KeyState === 'Enabled' &&
    metadata.MultiRegionConfiguration?.MultiRegionKeyType !== 'REPLICA';
  const rotates = isRotating
    ? await asked(metadata.Arn ?? id, {
        action: 'GetKeyRotationStatus',
        call: async () =>
          (await kms.getKeyRotationStatus({ KeyId: metadata.Arn ?? id })).KeyRotationEnabled ===
          true,
      })
    : null;
  return {
    told: {
      kind: 'kms',
      arn: metadata?.Arn ?? null,
      state: metadata?.KeyState ?? 'NotFound',
      deletionAt: metadata?.DeletionDate ?? null,
      expiresAt: metadata?.ValidTo ?? null,
      rotates: rotates !== null && 'told' in rotates ? { told: rotates.told === true } : rotates,
    },
  };
}

interface Question<T> {
  action: string;
  call: () => Promise<T>;
}

/** Undefined where there is no such key. */
async function asked<T>(key: string, { action, call }: Question<T>): Promise<Asked<T | undefined>> {
  try {
    return { told: await call() };
  } catch (error) {
    if (awsErrorName(error) === 'NotFoundException') return { told: undefined };
    if (awsFault(error) === 'denied') return { refused: `kms:${action} is denied` };
    throw kmsFailure(error, { action, key });
  }
}
