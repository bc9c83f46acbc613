import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RotateResult } from '../../engine/operations/verify/rotate.ts';
import { awsEnvironment, makeBucket, type TestBucket } from '../fixtures/aws.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { readDocument, sectionOf } from '../fixtures/document.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { compareWithPromise, promisedFields } from '../fixtures/promised-fields.ts';
import { backUp } from '../fixtures/set.ts';

describe('verify --rotate', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let bucket: TestBucket;
  const ids: string[] = [];

  beforeAll(async () => {
    database = await makeDatabase({
      sql: 'CREATE TABLE t AS SELECT n FROM generate_series(1, 500) n',
    });
    bucket = await makeBucket();
    workspace = await makeWorkspace({ env: awsEnvironment() });
    await writeConfig(workspace, {
      databases: { db: { url: database.url } },
      repositories: {
        local: { folder: './local' },
        cloud: { bucket: bucket.name },
      },
      plans: { default: { repositories: ['local', 'cloud'] } },
      keys: { file: workspace.keyFile },
    });
    for (let count = 0; count < 4; count++) ids.push(await backUp(workspace));
    await workspace.run(['drill', '--backup', ids[3] ?? '', '--repository', 'local']);
  });
  afterAll(async () => {
    await workspace?.remove();
    await database?.drop();
  });

  async function rotate(args: string[] = [], status = 0) {
    const finished = await workspace.run(['verify', '--rotate', '--json', ...args]);
    expect(finished, finished.stderr).toMatchObject({ status });
    const result = finished.json<RotateResult>();
    const short = result.copies.map(({ repository, set, why, state, problem }) =>
      [repository, ids.indexOf(set), why, problem?.code ?? state].join(' '),
    );
    return { finished, result, short };
  }

  it('reads the newest PROVEN set and the one that has waited the longest, in each repository', async () => {
    const { result, short } = await rotate();
    expect(short).toEqual([
      'local 3 newest-proven PROVEN',
      'local 0 share CHECKED',
      'cloud 0 share CHECKED',
    ]);
    const fields = promisedFields(
      sectionOf(await readDocument('docs/SCRIPTING.md'), '### verify --rotate'),
    );
    expect(compareWithPromise(result, fields).complaints).toEqual([]);
    expect((await rotate()).short).toEqual([
      'local 3 newest-proven PROVEN',
      'local 1 share CHECKED',
      'cloud 1 share CHECKED',
    ]);
  });

  it('reads the others when one set is damaged, and fails with what it found', async () => {
    const file = join(workspace.folder, `local/default/db/${ids[2]}/data.dump.zst.esdk`);
    await appendFile(file, 'x');
    const { finished, short } = await rotate(['--share', '1/1'], 1);
    expect(finished.error()).toMatchObject({
      code: 'OBJECT_DAMAGED',
      message: expect.stringContaining(`${ids[2]} in local: `),
    });
    expect(short.toSorted()).toEqual([
      'cloud 0 share CHECKED',
      'cloud 1 share CHECKED',
      'cloud 2 share CHECKED',
      'cloud 3 share CHECKED',
      'local 0 share CHECKED',
      'local 1 share CHECKED',
      'local 2 share OBJECT_DAMAGED',
      'local 3 newest-proven PROVEN',
    ]);
    const all = ['verify', '--rotate', '--share', '1/1', '--repository', 'local'];
    const { status, stdout } = await workspace.run(all);
    expect({ status, last: stdout.trim().split('\n').at(-1) }).toEqual({
      status: 1,
      last: expect.stringMatching(/3 of 4 warm sets read back whole, 1 failed$/),
    });
  });

  it('does not let a set that fails each time, and that nobody can mark, keep the others from being read', async () => {
    const Key = `default/db/${ids[0]}/manifest.json`;
    await bucket.client.send(
      new CopyObjectCommand({
        Bucket: bucket.name,
        Key,
        CopySource: `${bucket.name}/default/db/${ids[1]}/manifest.json`,
      }),
    );
    await workspace.run(['accept', ids[0] ?? '', '--repository', 'cloud', '--reason', 'known']);
    const seen = new Set<string>();
    for (let run = 0; run < 4; run++) {
      const finished = await workspace.run([
        'verify',
        '--rotate',
        '--repository',
        'cloud',
        '--json',
      ]);
      for (const { set, problem } of finished.json<RotateResult>().copies)
        if (problem === null) seen.add(set);
    }
    expect([...seen].sort()).toEqual(ids.slice(1));
  });

  it('inspects a cold set and does not read it', async () => {
    for (const id of ids)
      await bucket.client.send(
        new CopyObjectCommand({
          Bucket: bucket.name,
          Key: `default/db/${id}/data.dump.zst.esdk`,
          CopySource: `${bucket.name}/default/db/${id}/data.dump.zst.esdk`,
          StorageClass: 'GLACIER',
        }),
      );
    const { finished, short } = await rotate(['--repository', 'cloud', '--share', '1/1'], 1);
    expect(short.toSorted()).toEqual([
      'cloud 0 cold OBJECT_DAMAGED',
      'cloud 1 cold CHECKED',
      'cloud 2 cold CHECKED',
      'cloud 3 cold CHECKED',
    ]);
    expect(finished.json<RotateResult>().repositories).toMatchObject([
      { warmSets: 0, coldSets: 4 },
    ]);
  });

  it.each([
    [['verify'], 'verify needs the name of a set, or --rotate'],
    [['verify', 'latest', '--rotate'], 'verify takes a set or --rotate, not both: latest'],
    [['verify', 'latest', '--share', '1/2'], '--share is only for --rotate'],
  ])('is refused as %j', async (args, message) => {
    const finished = await workspace.run([...args, '--json']);
    expect(finished).toMatchObject({ status: 2 });
    expect(finished.error()).toMatchObject({ code: 'USAGE', message });
  });
});
