import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accessProblem } from '../../../engine/domain/access/access-problem.ts';
import { touchedBy } from '../../../engine/domain/access/touched-set.ts';
import { callerOf, trailRecordSchema } from '../../../engine/domain/access/trail-record.ts';
import { namesIn } from '../../../engine/domain/alert-key.ts';
import { objectKey } from '../../../engine/domain/key.ts';

const PLACES = { buckets: ['vault', 'vault-replica'], prefix: 'ward/', project: 'clinic' };
const ID = '20261122T020000Z-7f3a';

function record(eventName: string, more: object = {}) {
  return trailRecordSchema.parse({
    eventID: '1',
    eventTime: '2026-11-22T03:00:00Z',
    eventSource: `${['Decrypt', 'ReEncrypt', 'GenerateDataKey'].includes(eventName) ? 'kms' : 's3'}.amazonaws.com`,
    eventName,
    awsRegion: 'eu-central-1',
    ...more,
  });
}
const got = (bucketName: string, key: string) =>
  touchedBy(record('GetObject', { requestParameters: { bucketName, key } }), PLACES);

describe('the set that a call touched', () => {
  it('is that of the key of its object, whatever plan and database are called', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(name, name, fc.constantFrom(...PLACES.buckets), (plan, database, bucket) => {
        const key = `ward/${objectKey({ plan, database, id: ID }, 'data.dump.zst.esdk')}`;
        expect(got(bucket, key)).toEqual({
          action: 's3:GetObject',
          set: { plan, database, id: ID },
          object: 'data.dump.zst.esdk',
        });
      }),
    );
  });

  it('is none where it is another bucket, a manifest, or a call that discloses nothing', () => {
    expect(got('another', `ward/daily/clinic/${ID}/data.dump.zst.esdk`)).toBeUndefined();
    expect(got('vault', `ward/daily/clinic/${ID}/manifest.json`)).toBeUndefined();
    for (const name of ['HeadObject', 'GetObjectTagging', 'GenerateDataKey'])
      expect(touchedBy(record(name), PLACES), name).toBeUndefined();
  });

  it('is not known where the key is no place of a set; the read counts all the same', () => {
    for (const key of [
      'data.esdk',
      'ward/a/b/c/data.esdk',
      'ward/%ZZ/b/c.esdk',
      `a/b/${ID}/x.esdk`,
    ])
      expect(got('vault', key), key).toEqual({ action: 's3:GetObject', set: null, object: key });
  });

  it('is that of the source of a copy, as SDKs and people write it', () => {
    for (const source of [
      `vault/ward/daily/clinic/${ID}/data.dump.zst.esdk`,
      `/vault/ward/daily/clinic/${ID}/data.dump.zst.esdk?versionId=a1`,
      `vault%2Fward%2Fdaily%2Fclinic%2F${ID}%2Fdata.dump.zst.esdk`,
    ]) {
      const requestParameters = { bucketName: 'loot', key: 'x', 'x-amz-copy-source': source };
      for (const name of ['CopyObject', 'UploadPartCopy'])
        expect(touchedBy(record(name, { requestParameters }), PLACES)?.set, source).toMatchObject({
          database: 'clinic',
          id: ID,
        });
    }
  });

  it('is that of the encryption context, and none of another project', () => {
    const context = { project: 'clinic', database: 'clinic', backup: ID, object: 'manifest.json' };
    const opened = (name: string, parameter: string, of: object) =>
      touchedBy(record(name, { requestParameters: { [parameter]: of } }), PLACES);
    const set = { plan: null, database: 'clinic', id: ID };
    expect(opened('Decrypt', 'encryptionContext', context)).toEqual({
      action: 'kms:Decrypt',
      set,
      object: 'manifest.json',
    });
    expect(opened('ReEncrypt', 'sourceEncryptionContext', context)?.set).toEqual(set);
    expect(opened('Decrypt', 'encryptionContext', { ...context, project: 'x' })).toBeUndefined();
    expect(touchedBy(record('Decrypt'), PLACES)).toEqual({
      action: 'kms:Decrypt',
      set: null,
      object: null,
    });
  });
});

describe('the caller', () => {
  const of = (userIdentity: object | null) => callerOf(record('GetObject', { userIdentity }));

  it('is the role of a session, else whoever CloudTrail names', () => {
    const arn = 'arn:aws:iam::1:role/Admin';
    const session = {
      arn: 'arn:aws:sts::1:assumed-role/Admin/eve',
      sessionContext: { sessionIssuer: { arn } },
    };
    expect(of(session)).toEqual({ principal: arn, session: 'eve' });
    expect(of({ arn: 'arn:aws:iam::1:user/eve' }).principal).toBe('arn:aws:iam::1:user/eve');
    expect(of({ type: 'AWSService', invokedBy: 'backup.amazonaws.com' }).principal).toBe(
      'backup.amazonaws.com',
    );
    expect(of({ type: 'AWSAccount', accountId: '2', principalId: 'AIDA' }).principal).toBe(
      'account 2',
    );
    expect(of(null).principal).toMatch(/does not name/);
  });
});

describe('the alert of a read', () => {
  const problem = (more: object) =>
    accessProblem(
      record('Decrypt', {
        userIdentity: { arn: 'arn:aws:iam::1:user/eve' },
        requestParameters: {
          encryptionContext: {
            project: 'clinic',
            database: 'clinic',
            backup: ID,
            object: 'data.dump.zst.esdk',
          },
        },
        ...more,
      }),
      PLACES,
    );

  it('says who, what, when and from where, and is one for a principal and a database', () => {
    const found = problem({ sourceIPAddress: '192.0.2.7' });
    expect(found).toMatchObject({
      severity: 'critical',
      title: `user/eve opened a key of clinic ${ID}`,
      since: new Date('2026-11-22T03:00:00Z'),
      runbook: 'docs/RUNBOOK.md#backup-read-by-others',
    });
    expect(found?.detail).toContain('from 192.0.2.7 in eu-central-1');
    expect(problem({ eventTime: '2026-11-22T04:00:00Z' })?.key).toBe(found?.key);
    expect(problem({ userIdentity: { arn: 'arn:aws:iam::1:user/bob' } })?.key).not.toBe(found?.key);
    expect(namesIn(found?.key ?? '')).toEqual({ plan: undefined, database: 'clinic' });
  });

  it('is none of a message of another project', () => {
    expect(problem({ requestParameters: { encryptionContext: { project: 'x' } } })).toBeUndefined();
  });
});
