import { createPublicKey } from 'node:crypto';
import { openEnvelope, readPublicKey } from '../../engine/stream/signing/sign-envelope.ts';
import { assert, assertRefused, type Proof, type Smoke } from './proof.ts';

export const SIGNATURE_PROOF: Proof = {
  about: 'signatures of KMS over a digest',
  notLocal: 'its Sign of a digest is an addition of ours, and it judges no key policy',
  leaves: 'the key of evidence, whose roles are a drill and report',
  look: signatureHolds,
};

/** As an auditor verifies it: by the public key alone. The caller is an administrator, and no signer. */
async function signatureHolds({ call, bucket, deployed, project }: Smoke): Promise<string> {
  const KeyId = `alias/holdfast-${project}-ledger`;
  const { entries } = await deployed.invoke<{ entries: string[] }>('seal-ledger', {});
  const [Key] = entries;
  assert(Key !== undefined, 'seal-ledger made no entry');
  const { Body } = await call<{ Body: string }>('s3', 'GetObject', { Bucket: bucket, Key });
  const { PublicKey } = await call<{ PublicKey: Uint8Array }>('kms', 'GetPublicKey', { KeyId });
  const spki = { key: Buffer.from(PublicKey), type: 'spki', format: 'der' } as const;
  const pem = createPublicKey(spki).export({ type: 'spki', format: 'pem' }).toString();
  const opened = openEnvelope(Buffer.from(Body), [readPublicKey(pem, { origin: KeyId })]);
  assert(
    !('fault' in opened),
    `the public key of ${KeyId} does not verify ${Key}: ${'fault' in opened ? opened.fault : ''}`,
  );
  await assertRefused('a signature by another than seal-ledger', () =>
    call('kms', 'Sign', {
      KeyId,
      Message: Buffer.alloc(32),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    }),
  );
  return `the public key of ${KeyId} verifies ${Key}, and an administrator may not sign`;
}
