import { describe, expect, it } from 'vitest';
import { findSigningKey } from '../../engine/adapters/signing/kms-signer.ts';
import {
  openEnvelope,
  readPublicKey,
  signEnvelope,
} from '../../engine/stream/signing/sign-envelope.ts';
import { awsEnvironment } from '../fixtures/aws.ts';
import { makeAlias, makeKmsKey } from '../fixtures/kms.ts';

describe('a signing key of KMS', () => {
  const env = { ...awsEnvironment(), AWS_REGION: 'us-east-1' };

  it('signs what its public key alone verifies, also above the 4,096 bytes that KMS takes', async () => {
    const arn = await makeKmsKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    await makeAlias(arn, 'alias/hf-signing');
    for (const name of [arn, 'alias/hf-signing']) {
      const signer = await findSigningKey(name, { env });
      const payload = Buffer.alloc(100_000, 'ledger ');
      const envelope = await signEnvelope(signer, { payloadType: 'text/plain', payload });
      const key = readPublicKey(signer.publicKey, { origin: 'KMS' });
      expect(key.keyId).toBe(signer.keyId);
      const opened = openEnvelope(Buffer.from(JSON.stringify(envelope)), [key]);
      expect(opened).toMatchObject({ keyId: signer.keyId });
    }
  });

  it('is refused where the key is symmetric, and where there is none', async () => {
    const symmetric = await makeKmsKey();
    await expect(findSigningKey(symmetric, { env })).rejects.toMatchObject({
      code: 'KEY_INVALID',
      hint: expect.stringContaining('ECC_NIST_P256'),
    });
    await expect(findSigningKey('alias/hf-none', { env })).rejects.toMatchObject({
      code: 'KEY_UNUSABLE',
    });
  });
});
