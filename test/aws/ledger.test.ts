import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSigningKey } from '../../engine/adapters/signing/kms-signer.ts';
import { systemClock } from '../../engine/adapters/system-clock.ts';
import { auditKey, auditRecord } from '../../engine/domain/audit-record.ts';
import { basicTime } from '../../engine/domain/backup-id.ts';
import { sealLedger } from '../../engine/operations/audit/seal-ledger.ts';
import { verifyLedger } from '../../engine/operations/audit/verify-ledger.ts';
import type { Signer } from '../../engine/ports/signer.ts';
import { readPublicKey } from '../../engine/stream/signing/sign-envelope.ts';
import { awsEnvironment, makeBucket } from '../fixtures/aws.ts';
import { makeKmsKey } from '../fixtures/kms.ts';
import { ledgerScript } from '../fixtures/ledger-script.ts';

describe('the ledger of a bucket, signed by a key of KMS', () => {
  let folder: string;
  let signer: Signer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-ledger-'));
    const arn = await makeKmsKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    signer = await findSigningKey(arn, { env: { ...awsEnvironment(), AWS_REGION: 'us-east-1' } });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('takes the entries of writers at once one by one, and is verified by the public key with and without Holdfast', async () => {
    const repository = (await makeBucket()).repository();
    const at = systemClock.now();
    const record = auditRecord(
      { operation: 'backup', plan: 'nightly', database: 'clinic', backup: null, target: null },
      { status: 'success', bytes: 1, error: null, notes: null },
      {
        ...{ id: `${basicTime(at)}-00ff`, repository: repository.location },
        ...{ startedAt: at, completedAt: at },
        initiatedBy: { type: 'role', name: 'backup', host: 'task' },
      },
    );
    await repository.put(auditKey(record), Buffer.from(JSON.stringify(record)));
    const seal = () => sealLedger({ repository, clock: systemClock, signer });
    const results = await Promise.all([seal(), seal(), seal()]);
    results.push(...(await Promise.all([seal(), seal()])));
    const made = results.flatMap(({ entries }) => entries);
    expect(new Set(made).size).toBe(made.length);
    expect(results.filter(({ isOutrun }) => !isOutrun)).toHaveLength(made.length);
    const publicKeys = [readPublicKey(signer.publicKey, { origin: 'KMS' })];
    const now = systemClock.now();
    expect(await verifyLedger(repository, { publicKeys, now })).toMatchObject({
      ...{ faults: [], entries: made.length, records: 1, notSealedYet: [] },
      signedBy: [{ keyId: signer.keyId }],
    });
    const verify = await ledgerScript(repository, { folder, publicKey: signer.publicKey });
    expect((await verify()).stdout).toMatch(/^the ledger begins with .*\nthe newest entry is /);
    await rm(join(folder, auditKey(record)));
    await expect(verify()).rejects.toMatchObject({ code: 1 });
  });
});
