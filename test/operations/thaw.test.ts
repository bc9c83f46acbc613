import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsEnvironment, makeBucket, type TestBucket } from '../fixtures/aws.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

describe('a set whose rows lie in a cold storage class', () => {
  let database: TestDatabase;
  let empty: TestDatabase;
  let workspace: Workspace;
  let bucket: TestBucket;
  let id: string;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT n FROM generate_series(1, 500) n' });
    empty = await makeDatabase();
    bucket = await makeBucket();
    workspace = await makeWorkspace({ env: awsEnvironment() });
    await writeConfig(workspace, {
      databases: { db: { url: database.url } },
      repositories: { cloud: { bucket: bucket.name } },
      keys: { file: workspace.keyFile },
    });
    id = await backUp(workspace);
    await cool('data.dump.zst.esdk', 'GLACIER');
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
    await empty.drop();
  });

  /** As a lifecycle rule does it. */
  async function cool(name: string, StorageClass: 'GLACIER' | 'DEEP_ARCHIVE'): Promise<void> {
    const Key = `default/db/${id}/${name}`;
    await bucket.client.send(new CopyObjectCommand({ Bucket: bucket.name, Key, CopySource: `${bucket.name}/${Key}`, StorageClass }));
  }

  const restore = (...args: string[]) => workspace.run(['restore', id, '--to', empty.url, '--json', ...args]);

  it('is refused with what a thaw takes, before anything is written', async () => {
    expect((await restore()).error()).toMatchObject({
      code: 'OBJECT_COLD',
      message: expect.stringMatching(/1 object .* in GLACIER .*Expedited \(1-5 minutes, about \$0\.00\), Standard \(3-5 hours.*Bulk/),
      hint: expect.stringContaining('--thaw'),
    });
    expect(await empty.query("SELECT FROM pg_class WHERE relname = 't'")).toEqual([]);
  });

  it('is described by a dry run, which asks for nothing', async () => {
    const { steps } = (await restore('--dry-run')).json<{ steps: string[] }>();
    expect(steps[0]).toMatch(/^first, with --thaw: Expedited/);
    expect((await restore('--dry-run', '--thaw', 'Bulk')).json<{ steps: string[] }>().steps[0]).toMatch(/^thaw 1 object .*5-12 hours/);
    expect((await restore()).error().code).toBe('OBJECT_COLD');
  });

  it('leaves the state as it was when verify meets it', async () => {
    expect((await workspace.run(['verify', id, '--json'])).error().code).toBe('OBJECT_COLD');
    expect((await workspace.run(['show', id, '--json'])).json()).toMatchObject({ state: 'STORED' });
  });

  it('is thawed and restored with --thaw', async () => {
    const finished = await restore('--thaw', 'Standard');
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(finished.json<{ steps: string[] }>().steps[0]).toMatch(/^thaw 1 object/);
    expect(await empty.query('SELECT count(*)::int AS n FROM t')).toEqual([{ n: 500 }]);
  });

  it('knows no such tier on the command line', async () => {
    expect((await restore('--thaw', 'Quick')).error()).toMatchObject({ code: 'USAGE', exitStatus: 2 });
  });
});
