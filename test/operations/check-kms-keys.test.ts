import { beforeAll, describe, expect, it } from 'vitest';
import { askKmsKey } from '../../engine/adapters/kms-key-state.ts';
import { checkKeys } from '../../engine/operations/check/check-keys.ts';
import { awsEnvironment } from '../fixtures/aws.ts';
import {
  cancelDeletion,
  disableKey,
  enableKey,
  makeAlias,
  makeKmsKey,
  replicateKey,
  rotate,
  scheduleDeletion,
  stopRotation,
} from '../fixtures/kms.ts';

const NOW = new Date();
const ALIAS = 'alias/holdfast-check-kms-keys';

describe('a key of KMS', () => {
  let arn: string;
  const judge = async (id = ALIAS, region = 'us-east-1') => {
    const ask = () => askKmsKey(id, { env: awsEnvironment(), region });
    const key = { name: 'envelope key', id, stakes: 'nothing opens', ask };
    const findings = await checkKeys([key], { now: NOW, whenRefused: 'warning' });
    return findings.map(({ severity, detail }) => `${severity}: ${detail}`);
  };

  beforeAll(async () => {
    arn = await makeKmsKey({ MultiRegion: true });
    await makeAlias(arn, ALIAS);
  });

  it('that is enabled and rotates is well, by its alias and by its ARN', async () => {
    expect(await judge()).toEqual([]);
    expect(await judge(arn)).toEqual([]);
    const asked = await askKmsKey(ALIAS, { env: awsEnvironment(), region: 'us-east-1' });
    expect(asked).toMatchObject({ told: { arn } });
  });

  it.each<[string, () => Promise<void>, () => Promise<void>, RegExp]>([
    ['disabled', () => disableKey(arn), () => enableKey(arn), /^critical: .* is disabled/],
    [
      'pending deletion',
      () => scheduleDeletion(arn),
      () => cancelDeletion(arn),
      /^critical: .* is pending deletion, and is deleted on \d{4}-/,
    ],
    [
      'not rotated',
      () => stopRotation(arn),
      () => rotate(arn),
      /^warning: .* is not rotated automatically$/,
    ],
  ])('that is %s is found, and is well again', async (_what, make, mend, detail) => {
    await make();
    expect(await judge()).toEqual([expect.stringMatching(detail)]);
    await mend();
    expect(await judge()).toEqual([]);
  });

  it('that is a copy in another region is not asked for its rotation, nor is one that signs', async () => {
    const copy = await replicateKey(arn, 'us-west-2');
    expect(await judge(copy)).toEqual([]);
    const signing = await makeKmsKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    expect(await judge(signing)).toEqual([]);
  });

  it('that does not exist is critical', async () => {
    expect(await judge('alias/holdfast-nobody-has-it')).toEqual([
      'critical: alias/holdfast-nobody-has-it does not exist: nothing opens',
    ]);
  });
});
