import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { awsEnvironment, makeBucket, type TestBucket } from '../fixtures/aws.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { readDocument, sectionOf } from '../fixtures/document.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { compareWithPromise, promisedFields } from '../fixtures/promised-fields.ts';
import { backUp } from '../fixtures/set.ts';

interface Finding {
  repository: string;
  verdict: string;
  severity: string;
}

describe('holdfast check of a folder and a bucket', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let bucket: TestBucket;
  let id: string;

  const configure = (cloud: object) =>
    writeConfig(workspace, {
      databases: { db: { url: database.url } },
      repositories: { local: { folder: workspace.backups }, cloud },
      plans: { default: { maxAge: '1d', repositories: ['local', 'cloud'] } },
    });
  const check = async () => {
    const finished = await workspace.run(['check', '--json'], { AWS_MAX_ATTEMPTS: '1' });
    const found = finished
      .json<{ findings: Finding[] }>()
      .findings.filter(({ verdict }) => verdict !== 'disk');
    return {
      status: finished.status,
      verdicts: found.map(({ repository, verdict }) => `${repository} ${verdict}`).sort(),
    };
  };
  const key = (name: string) => ({ Bucket: bucket.name, Key: `default/db/${id}/${name}` });

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
  });
  afterAll(() => database.drop());

  beforeEach(async () => {
    bucket = await makeBucket({ isVersioned: true });
    workspace = await makeWorkspace({ env: awsEnvironment() });
    await configure({ bucket: bucket.name });
    id = await backUp(workspace);
    return () => workspace.remove();
  });

  it('finds both fresh after a backup', async () => {
    expect(await check()).toEqual({ status: 0, verdicts: ['cloud fresh', 'local fresh'] });
  });

  it('says how the database is protected, and promises every field of that', async () => {
    const { stdout } = await workspace.run(['check', '--json']);
    const document = JSON.parse(stdout);
    const page = await readDocument('docs/SCRIPTING.md');
    const promised = promisedFields(sectionOf(page, '### check'));
    expect(compareWithPromise(document, promised).complaints).toEqual([]);
    expect(document.scorecard).toMatchObject([
      {
        database: 'db',
        copies: [
          { repository: 'local', medium: 'disk', isReached: true, set: id, lock: 'unsupported' },
          { repository: 'cloud', medium: 'object storage', isReached: true, set: id },
        ],
        rule321: { isMet: true, copies: 3, offSite: ['cloud'] },
      },
    ]);
    const text = (await workspace.run(['check', '--scorecard'])).stdout;
    expect(text).toMatch(/^Scorecard of db$/m);
    expect(text).toMatch(/^3-2-1 {2}met: 3 copies with the database itself$/m);
    expect((await workspace.run(['check'])).stdout).not.toContain('Scorecard');
  });

  it('finds a set corrupt whose object was replaced by a shorter one or hidden by a delete marker', async () => {
    await bucket.client.send(new PutObjectCommand({ ...key('globals.sql.zst.esdk'), Body: 'x' }));
    const found = await check();
    expect(found.status).toBe(2);
    expect(found.verdicts).toEqual(expect.arrayContaining(['cloud corrupt', 'local fresh']));
    await bucket.client.send(new DeleteObjectCommand(key('data.dump.zst.esdk')));
    expect((await check()).status).toBe(2);
  });

  it('finds it missing where the manifest is hidden by a delete marker', async () => {
    await bucket.client.send(new DeleteObjectCommand(key('manifest.json')));
    expect(await check()).toEqual({ status: 2, verdicts: ['cloud missing', 'local fresh'] });
  });

  it('judges the folder also when the bucket is not there', async () => {
    await configure({ bucket: `${bucket.name}-gone` });
    expect(await check()).toEqual({ status: 3, verdicts: ['cloud unreachable', 'local fresh'] });
  });
});
