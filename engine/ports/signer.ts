/** How a signature is made; a verifier reads it from the public key. */
export const SIGNATURE_ALGORITHMS = ['ed25519', 'ecdsa-p256-sha256'] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** A private key that signs ledger entries, receipts and reports. */
export interface Signer {
  /** First 16 hexadecimal digits of the SHA-256 of the public key (SubjectPublicKeyInfo, DER). */
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  /** SubjectPublicKeyInfo in PEM. */
  readonly publicKey: string;
  /**
   * Ed25519: 64 bytes (RFC 8032). ECDSA: DER, over the SHA-256 of the bytes (RFC 3279).
   * @throws HoldfastError KEY_UNUSABLE, CREDENTIALS where a key service refuses or does not answer.
   */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
