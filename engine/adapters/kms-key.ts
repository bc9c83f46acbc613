import {
  AwsKmsMrkAwareSymmetricKeyringNode,
  type EncryptedDataKey,
  KeyringNode,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
} from '@aws-crypto/client-node';
import {
  type DecryptCommandInput,
  type EncryptCommandInput,
  type GenerateDataKeyCommandInput,
  KMS,
} from '@aws-sdk/client-kms';
import type { Environment } from '../config/from-environment.ts';
import { clientOptions, type ServiceOptions } from './aws-client-options.ts';
import { awsErrorName } from './aws-failure.ts';
import { kmsFailure } from './kms-failure.ts';

export interface KmsKey {
  /** The ARN of the key. */
  arn: string;
  keyring: KeyringNode;
}

const ARN = /^arn:[\w-]+:kms:([\w-]+):\d{12}:(key|alias)\//;

/** The region in an ARN of a key or an alias; undefined for an id or a bare alias. */
export function regionOfKey(name: string): string | undefined {
  return ARN.exec(name)?.[1];
}

/** Tries of one request, with the back-off of the SDK between them. */
const ATTEMPTS = 6;

export interface KmsOptions extends Pick<ServiceOptions, 'requestTimeoutMs' | 'credentials'> {
  env: Environment;
}

/**
 * A KMS key by its ARN, id or alias; all but the ARN of a key cost a request (kms:DescribeKey).
 * The keyring makes data keys with it, and opens what it or its copy in another region wrapped (multi-Region keys).
 * @throws HoldfastError KEY_UNUSABLE, CREDENTIALS.
 */
export async function findKmsKey(name: string, { env, ...options }: KmsOptions): Promise<KmsKey> {
  const [, region, kind] = ARN.exec(name) ?? [];
  const kms = new KMS({
    ...clientOptions(env, { ...options, region, service: 'KMS' }),
    maxAttempts: ATTEMPTS,
  });
  const arn = kind === 'key' ? name : await arnOf(name, kms);
  return { arn, keyring: new KmsKeyring(arn, kms) };
}

async function arnOf(name: string, kms: KMS): Promise<string> {
  try {
    const { KeyMetadata } = await kms.describeKey({ KeyId: name });
    return KeyMetadata?.Arn ?? name;
  } catch (error) {
    throw kmsFailure(error, { action: 'DescribeKey', key: name });
  }
}

type InnerKeyring = InstanceType<typeof AwsKmsMrkAwareSymmetricKeyringNode>;
type KmsClient = ConstructorParameters<typeof AwsKmsMrkAwareSymmetricKeyringNode>[0]['client'];

/** The SDK's multi-Region aware keyring, whose failures say what KMS said instead of one text for all. */
class KmsKeyring extends KeyringNode {
  readonly #inner: InnerKeyring;
  /** Of the call under way; calls of one keyring that overlap may share it, which changes no outcome. */
  #failure: Error | undefined;

  constructor(arn: string, kms: KMS) {
    super();
    const told = async <T>(action: string, call: () => Promise<T>): Promise<T> => {
      this.#failure = undefined;
      return call().catch((error: unknown) => {
        if (isOfTheCiphertext(error)) throw error;
        this.#failure = kmsFailure(error, { action, key: arn });
        throw this.#failure;
      });
    };
    const client = {
      generateDataKey: (input: GenerateDataKeyCommandInput) =>
        told('GenerateDataKey', () => kms.generateDataKey(input)),
      encrypt: (input: EncryptCommandInput) => told('Encrypt', () => kms.encrypt(input)),
      decrypt: (input: DecryptCommandInput) => told('Decrypt', () => kms.decrypt(input)),
    };
    this.#inner = new AwsKmsMrkAwareSymmetricKeyringNode({
      keyId: arn,
      client: client as unknown as KmsClient,
    });
  }

  _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    return this.#inner.onEncrypt(material);
  }

  async _onDecrypt(
    material: NodeDecryptionMaterial,
    encryptedDataKeys: EncryptedDataKey[],
  ): Promise<NodeDecryptionMaterial> {
    this.#failure = undefined;
    return this.#inner.onDecrypt(material, encryptedDataKeys).catch((error: unknown) => {
      throw this.#failure ?? error;
    });
  }
}

/**
 * The wrapped key, or the encryption context around it, is not what KMS wrapped (AWS KMS API Reference, Decrypt): the key works,
 * and the message is damaged or forged.
 */
function isOfTheCiphertext(error: unknown): boolean {
  return awsErrorName(error) === 'InvalidCiphertextException';
}
