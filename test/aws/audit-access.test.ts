import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsEnvironment, makeBucket } from '../fixtures/aws.ts';
import { readDocument, sectionOf } from '../fixtures/document.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { compareWithPromise, promisedFields } from '../fixtures/promised-fields.ts';

const ACCOUNT = '123456789012';
const ID = '20261122T020000Z-7f3a';

describe('audit access', () => {
  let workspace: Workspace;
  let vault: string;

  beforeAll(async () => {
    vault = `vault-${Date.now()}`;
    workspace = await makeWorkspace({ databaseUrl: 'postgres://none', env: awsEnvironment() });
    const network = {
      vpcId: 'vpc-0abc123',
      subnetIds: ['subnet-0abc123'],
      availabilityZones: ['eu-central-1a'],
    };
    const config = {
      project: 'clinic',
      databases: { clinic: { secret: 'clinic' } },
      repositories: { cloud: { bucket: vault, prefix: 'ward', region: 'eu-central-1' } },
      plans: { nightly: { schedule: '0 2 * * *' } },
      keys: { kms: 'alias/holdfast-clinic' },
      aws: {
        ...{ account: ACCOUNT, region: 'eu-central-1', repository: 'cloud', network },
        replica: { region: 'eu-west-1' },
      },
    };
    await writeFile(join(workspace.folder, 'holdfast.yaml'), JSON.stringify(config));
    await trail(`${vault}-trail`, 'eu-central-1', [
      call('id-1', { bucketName: vault, key: `ward/nightly/clinic/${ID}/data.dump.zst.esdk` }),
    ]);
    await trail(`${vault}-replica-trail`, 'eu-west-1', [
      {
        ...call('id-2', {
          encryptionContext: { project: 'clinic', database: 'clinic', backup: ID },
        }),
        ...{ awsRegion: 'eu-west-1', eventSource: 'kms.amazonaws.com', eventName: 'Decrypt' },
      },
    ]);
  });
  afterAll(() => workspace.remove());

  it('reads the delivered files of both trails and joins them to the sets', async () => {
    const { stdout, json } = await holdfast('audit', 'access', '--month', '2026-11', '--json');
    expect(stdout).toContain('"isOurs": false');
    const result = json() as { accesses: { action: string; region: string; set: object }[] };
    expect(result.accesses.map(({ action, region }) => [action, region])).toEqual([
      ['s3:GetObject', 'eu-central-1'],
      ['kms:Decrypt', 'eu-west-1'],
    ]);
    for (const { set } of result.accesses)
      expect(set).toEqual({ plan: 'nightly', database: 'clinic', id: ID });
    const section = sectionOf(await readDocument('docs/SCRIPTING.md'), '### audit access');
    expect(compareWithPromise(result, promisedFields(section)).complaints).toEqual([]);
    const csv = await holdfast('audit', 'access', '--month', '2026-11', '--format', 'csv');
    expect(csv.stdout).toMatch(/^first,last,principal,/);
    const table = await holdfast('audit', 'access', '--month', '2026-11', '--others');
    expect(table.stdout).toMatch(/user\/eve +NO +s3:GetObject +1 +clinic +nightly/);
  });

  it('says of a month without a file that nobody read, by how many files', async () => {
    const { stdout } = await holdfast('audit', 'access', '--month', '2026-09');
    expect(stdout).toContain('no reads in 2026-09, by 0 files of the trails');
  });

  async function holdfast(...args: string[]) {
    const ended = await workspace.run(args);
    expect(ended.stderr).toBe('');
    return { stdout: ended.stdout, json: () => JSON.parse(ended.stdout) as unknown };
  }

  function call(eventID: string, requestParameters: object) {
    return {
      eventID,
      eventTime: '2026-11-22T03:00:00Z',
      eventSource: 's3.amazonaws.com',
      eventName: 'GetObject',
      awsRegion: 'eu-central-1',
      recipientAccountId: ACCOUNT,
      userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/eve` },
      requestParameters,
    };
  }

  async function trail(bucket: string, region: string, records: object[]): Promise<void> {
    const name = `${ACCOUNT}_CloudTrail_${region}_20261122T0305Z_abc.json.gz`;
    const body = gzipSync(JSON.stringify({ Records: records }));
    const { client } = await makeBucket({ name: bucket });
    const Key = `AWSLogs/${ACCOUNT}/CloudTrail/${region}/2026/11/22/${name}`;
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: body }));
  }
});
