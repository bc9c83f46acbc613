import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readKeyFile } from '../../engine/adapters/key-file.ts';
import { objectKey, setPrefix } from '../../engine/domain/key.ts';
import type { CatalogEntry } from '../../engine/domain/set-state.ts';
import { readEntries, readManifest } from '../../engine/operations/catalog.ts';
import { makeReadable } from '../../engine/operations/cold-objects.ts';
import { OpenedSet } from '../../engine/operations/opened-set.ts';
import type { ProgressEvent } from '../../engine/ports/progress.ts';
import { awsEnvironment, makeBucket, type TestBucket } from '../fixtures/aws.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';
import { storeSet } from '../fixtures/stored-sets.ts';

type StorageClass = 'GLACIER' | 'DEEP_ARCHIVE';

describe('a set whose rows lie in a cold storage class', () => {
  let database: TestDatabase;
  let empty: TestDatabase;
  let workspace: Workspace;
  let bucket: TestBucket;
  let id: string;

  beforeAll(async () => {
    database = await makeDatabase({
      sql: 'CREATE TABLE t AS SELECT n FROM generate_series(1, 500) n',
    });
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
  function cool(name: string, storageClass: StorageClass): Promise<void> {
    return coolObject(`default/db/${id}/${name}`, storageClass);
  }

  async function coolObject(Key: string, StorageClass: StorageClass): Promise<void> {
    await bucket.client.send(
      new CopyObjectCommand({
        Bucket: bucket.name,
        Key,
        CopySource: `${bucket.name}/${Key}`,
        StorageClass,
      }),
    );
  }

  const restore = (...args: string[]) =>
    workspace.run(['restore', id, '--to', empty.url, '--json', ...args]);

  it('is refused with what a thaw takes, before anything is written', async () => {
    expect((await restore()).error()).toMatchObject({
      code: 'OBJECT_COLD',
      message: expect.stringMatching(
        /1 object .* in GLACIER .*Expedited \(1-5 minutes, about \$0\.00\), Standard \(3-5 hours.*Bulk/,
      ),
      hint: expect.stringContaining('--thaw'),
    });
    expect(await empty.query("SELECT FROM pg_class WHERE relname = 't'")).toEqual([]);
  });

  it('is described by a dry run, which asks for nothing', async () => {
    const { steps } = (await restore('--dry-run')).json<{ steps: string[] }>();
    expect(steps[0]).toMatch(/^first, with --thaw: Expedited/);
    expect(
      (await restore('--dry-run', '--thaw', 'Bulk')).json<{ steps: string[] }>().steps[0],
    ).toMatch(/^thaw 1 object .*5-12 hours/);
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
    const { records } = (await workspace.run(['audit', '--json'])).json<{
      records: { operation: string; notes: string }[];
    }>();
    expect(records.at(-2)).toMatchObject({
      ...{ operation: 'thaw', backup: id, database: 'db', status: 'success' },
      notes: expect.stringMatching(/^thaw 1 object/),
    });
  });

  it('is measured in bytes while it is thawed', async () => {
    const repository = bucket.repository();
    const address = await storeSet(repository, { startedAt: new Date('2026-11-22T02:00:00Z') });
    await coolObject(objectKey(address, 'data.dump.zst.esdk'), 'GLACIER');
    const entry = (await readEntries(repository, setPrefix(address)))[0] as CatalogEntry;
    const { keyring } = await readKeyFile(workspace.keyFile);
    const set = new OpenedSet(
      { repository, keyring },
      { entry, manifest: await readManifest(address, repository) },
    );
    const events: ProgressEvent[] = [];
    const context = {
      signal: new AbortController().signal,
      progress: (event: ProgressEvent) => void events.push(event),
    };
    await makeReadable(context, set, { tier: 'Standard', dryRun: false });
    expect(events.at(-1)).toEqual({ phase: 'thaw', bytes: 400, totalBytes: 400 });
  });

  it('knows no such tier on the command line', async () => {
    expect((await restore('--thaw', 'Quick')).error()).toMatchObject({
      code: 'USAGE',
      exitStatus: 2,
    });
  });
});
