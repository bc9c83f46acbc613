import {
  AwsKmsMrkAwareSymmetricKeyringNode,
  type EncryptedDataKey,
  KeyringNode,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
} from '@aws-crypto/client-node';
import { type DecryptCommandInput, type EncryptCommandInput, type GenerateDataKeyCommandInput, KMS } from '@aws-sdk/client-kms';
import type { Environment } from '../config/from-environment.ts';
import { identityOf } from './aws-identity.ts';
import { kmsFailure } from './kms-failure.ts';

export interface KmsKey {
  /** The ARN of the key. */
  arn: string;
  keyring: KeyringNode;
}

const ARN = /^arn:[\w-]+:kms:([\w-]+):\d{12}:key\//;

/** Tries of one request, with the back-off of the SDK between them. */
const ATTEMPTS = 6;

/**
 * A KMS key by its ARN, id or alias; only an id or an alias costs a request (kms:DescribeKey).
 * The keyring makes data keys with it, and opens what it or its copy in another region wrapped (multi-Region keys).
 * @throws HoldfastError KEY_UNUSABLE, CREDENTIALS.
 */
export async function findKmsKey(name: string, { env }: { env: Environment }): Promise<KmsKey> {
  const region = ARN.exec(name)?.[1];
  const kms = new KMS({ ...identityOf(env), ...regionOf(region, env), maxAttempts: ATTEMPTS });
  const arn = region === undefined ? await arnOf(name, kms) : name;
  return { arn, keyring: new KmsKeyring(arn, kms) };
}

function regionOf(ofArn: string | undefined, env: Environment): { region?: string } {
  const region = ofArn ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION);
  return region ? { region } : {};
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
        this.#failure = kmsFailure(error, { action, key: arn });
        throw this.#failure;
      });
    };
    const client = {
      generateDataKey: (input: GenerateDataKeyCommandInput) => told('GenerateDataKey', () => kms.generateDataKey(input)),
      encrypt: (input: EncryptCommandInput) => told('Encrypt', () => kms.encrypt(input)),
      decrypt: (input: DecryptCommandInput) => told('Decrypt', () => kms.decrypt(input)),
    };
    this.#inner = new AwsKmsMrkAwareSymmetricKeyringNode({ keyId: arn, client: client as unknown as KmsClient });
  }

  _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    return this.#inner.onEncrypt(material);
  }

  async _onDecrypt(material: NodeDecryptionMaterial, encryptedDataKeys: EncryptedDataKey[]): Promise<NodeDecryptionMaterial> {
    this.#failure = undefined;
    return this.#inner.onDecrypt(material, encryptedDataKeys).catch((error: unknown) => {
      throw this.#failure ?? error;
    });
  }
}
