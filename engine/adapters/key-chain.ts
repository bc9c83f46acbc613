import {
  type EncryptedDataKey,
  KeyringNode,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
} from '@aws-crypto/client-node';

/**
 * Several keys, each of which opens what all of them wrapped. Unlike the SDK's own, it tells why a key failed: KMS that is out of
 * reach is no wrong key.
 */
export class KeyChain extends KeyringNode {
  readonly #keyrings: readonly KeyringNode[];

  /** @param keyrings the first makes the data keys. */
  constructor(keyrings: readonly KeyringNode[]) {
    super();
    this.#keyrings = keyrings;
  }

  async _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    for (const keyring of this.#keyrings) await keyring.onEncrypt(material);
    return material;
  }

  async _onDecrypt(
    material: NodeDecryptionMaterial,
    encryptedDataKeys: EncryptedDataKey[],
  ): Promise<NodeDecryptionMaterial> {
    const failures: unknown[] = [];
    for (const keyring of this.#keyrings) {
      if (material.hasValidKey()) return material;
      await keyring
        .onDecrypt(material, encryptedDataKeys)
        .catch((error: unknown) => failures.push(error));
    }
    if (!material.hasValidKey() && failures.length > 0) throw failures[0];
    return material;
  }
}
