import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../../engine/adapters/memory-repository.ts';
import { accessCsv } from '../../../engine/domain/access/access-csv.ts';
import { parseMonth } from '../../../engine/domain/evidence/month.ts';
import { HoldfastError } from '../../../engine/errors.ts';
import { listAccesses } from '../../../engine/operations/access/list-accesses.ts';

const ACCOUNT = '123456789012';
const ID = '20261122T020000Z-7f3a';
const HOME = 'eu-central-1';
const MONTH = parseMonth('2026-11');

let bucket: MemoryRepository;
let ids: number;

beforeEach(() => {
  bucket = new MemoryRepository();
  ids = 0;
});

interface Call {
  at?: string;
  by?: string;
  [field: string]: unknown;
}

function read({ at = '2026-11-22T03:00:00Z', by = 'user/eve', ...more }: Call = {}) {
  const key = `daily/clinic/${ID}/data.dump.zst.esdk`;
  return {
    eventID: `id-${ids++}`,
    eventTime: at,
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    awsRegion: HOME,
    recipientAccountId: ACCOUNT,
    sourceIPAddress: '192.0.2.7',
    userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:${by}` },
    requestParameters: { bucketName: 'vault', key },
    ...more,
  };
}

function sessionOf(role: string, session = ID) {
  return {
    type: 'AssumedRole',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
    sessionContext: { sessionIssuer: { arn: `arn:aws:iam::${ACCOUNT}:role/${role}` } },
  };
}

const fileOf = (records: unknown[]) => gzipSync(JSON.stringify({ Records: records }));

/** @param day on which it was delivered. */
async function deliver(day: string, content: Uint8Array, account = ACCOUNT): Promise<string> {
  const name = `${account}_CloudTrail_${HOME}_${ids++}.json.gz`;
  const key = `AWSLogs/${account}/CloudTrail/${HOME}/${day}/${name}`;
  await bucket.put(key, content);
  return key;
}

function list() {
  return listAccesses([{ bucket: 'vault-trail', region: HOME, files: bucket }], {
    month: MONTH,
    account: ACCOUNT,
    places: { buckets: ['vault'], prefix: '', project: 'Clinic' },
    signal: new AbortController().signal,
  });
}

describe('the reads of a month', () => {
  it('are one line for a caller, a set and an address, and say whether the caller is ours', async () => {
    const verify = sessionOf('holdfast-clinic-verify', 'task');
    await deliver(
      '2026/11/22',
      fileOf([
        read({ at: '2026-11-22T03:00:02Z' }),
        read(),
        read({ userIdentity: verify }),
        read({ errorCode: 'AccessDenied' }),
        read({ eventName: 'HeadObject' }),
        { ...read(), eventSource: 'ec2.amazonaws.com' },
      ]),
    );
    const { accesses } = await list();
    const row = { action: 's3:GetObject', set: { plan: 'daily', database: 'clinic', id: ID } };
    expect(accesses).toMatchObject([
      {
        ...row,
        principal: `arn:aws:iam::${ACCOUNT}:user/eve`,
        isOurs: false,
        calls: 2,
        error: null,
      },
      { ...row, session: 'task', isOurs: true, calls: 1 },
      { ...row, isOurs: false, calls: 1, error: 'AccessDenied' },
    ]);
    expect(accesses[0]).toMatchObject({
      first: '2026-11-22T03:00:00Z',
      last: '2026-11-22T03:00:02Z',
      from: '192.0.2.7',
    });
  });

  it('join what opened a key to the plan of the set, and take no role of that name elsewhere for ours', async () => {
    const opened = (userIdentity: object) => ({
      ...read({ userIdentity }),
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      requestParameters: {
        encryptionContext: { project: 'Clinic', database: 'clinic', backup: ID, object: 'x' },
      },
    });
    const foreign = {
      ...sessionOf('holdfast-clinic-prune'),
      sessionContext: {
        sessionIssuer: { arn: 'arn:aws:iam::210987654321:role/holdfast-clinic-prune' },
      },
    };
    await deliver(
      '2026/11/22',
      fileOf([read(), opened(sessionOf('holdfast-clinic-prune')), opened(foreign)]),
    );
    const keys = (await list()).accesses.filter(({ action }) => action === 'kms:Decrypt');
    expect(keys.map(({ isOurs }) => isOurs)).toEqual([true, false]);
    for (const { set } of keys) expect(set?.plan).toBe('daily');
    const volume = sessionOf('holdfast-clinic-prune');
    await deliver('2026/11/23', fileOf([read({ userIdentity: volume })]));
    expect((await list()).accesses.filter(({ isOurs }) => isOurs)).toHaveLength(1);
  });

  it('have what came late, and once what came twice', async () => {
    const [late, twice] = [read({ at: '2026-11-30T23:59:59Z' }), read()];
    await deliver('2026/12/03', fileOf([late, twice]));
    await deliver('2026/11/22', fileOf([twice, twice]));
    await deliver('2026/12/01', fileOf([read({ at: '2026-12-01T00:00:00Z' })]));
    const { accesses, duplicates, files } = await list();
    expect(accesses.map(({ calls }) => calls)).toEqual([2]);
    expect([duplicates, files]).toEqual([2, 3]);
  });

  it('go on where a file is cut, is none of CloudTrail or has a record that can not be read', async () => {
    await deliver('2026/11/22', fileOf([read(), { eventID: 5 }]));
    const whole = fileOf([read()]);
    const broken = [
      await deliver('2026/11/23', whole.subarray(0, whole.length - 12)),
      await deliver('2026/11/24', gzipSync('{"Records": "none"}')),
      await deliver('2026/11/25', gzipSync('no JSON')),
      await deliver('2026/11/26', new Uint8Array()),
    ];
    const { accesses, unreadable } = await list();
    expect(accesses.map(({ calls }) => calls)).toEqual([1]);
    expect(unreadable.map(({ why }) => why).toSorted()).toEqual([
      'has 1 records that can not be read',
      'is cut or no gzip file',
      'is cut or no gzip file',
      'is no file of CloudTrail',
      'is no file of CloudTrail',
    ]);
    expect(unreadable.map(({ key }) => key)).toEqual(expect.arrayContaining(broken));
  });

  it('count nothing of another account, and name it', async () => {
    await deliver('2026/11/22', fileOf([read({ recipientAccountId: '210987654321' })]));
    await deliver('2026/11/22', fileOf([read()]), '333333333333');
    expect(await list()).toMatchObject({
      accesses: [],
      otherAccounts: ['210987654321', '333333333333'],
    });
  });

  it('say which trail could not be read, and what the others hold', async () => {
    await deliver('2026/11/22', fileOf([read()]));
    const refused = new MemoryRepository();
    refused.prefixes = async () => {
      throw new HoldfastError({ code: 'ACCESS_DENIED', message: 's3:ListBucket was refused' });
    };
    const { accesses, failures } = await listAccesses(
      [
        { bucket: 'away', region: 'eu-west-1', files: refused },
        { bucket: 'home', region: HOME, files: bucket },
      ],
      {
        month: MONTH,
        account: ACCOUNT,
        places: { buckets: ['vault'], prefix: '', project: 'Clinic' },
        signal: new AbortController().signal,
      },
    );
    expect(failures.map((one) => [one.bucket, one.error.code])).toEqual([
      ['away', 'ACCESS_DENIED'],
    ]);
    expect(accesses).toHaveLength(1);
  });

  it('of a hundred thousand calls are as few lines as there are callers and sets', async () => {
    for (let file = 0; file < 20; file++)
      await deliver('2026/11/22', fileOf(Array.from({ length: 5000 }, () => read())));
    const { accesses } = await list();
    expect(accesses.map(({ calls }) => calls)).toEqual([100_000]);
  });

  it('are safe in a spreadsheet', async () => {
    await deliver('2026/11/22', fileOf([read({ userIdentity: { type: '=cmd|x' } })]));
    expect(accessCsv((await list()).accesses)).toContain(`,"'=cmd|x",`);
  });
});
