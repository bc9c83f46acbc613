import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/holdfast.ts');

describe('a run with umask 0', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
    workspace = await makeWorkspace({ databaseUrl: database.url });
  });
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('leaves nothing that others may write', async () => {
    const { folder, env } = workspace;
    const commands = ['backup', 'verify latest', 'init', 'export latest --sql --out a/b.sql'];
    const script = ['umask 0; mkdir -m 755 a', ...commands.map((one) => `"$0" -- "$1" ${one}`)];
    await promisify(execFile)('bash', ['-c', script.join('\n'), process.execPath, PROGRAM], {
      cwd: folder,
      env: env,
    });
    const entries = await readdir(folder, { recursive: true });
    expect(entries).toEqual(expect.arrayContaining(['backups', 'key', 'holdfast.yaml', 'a/b.sql']));
    const open: string[] = [];
    for (const entry of entries)
      if (((await stat(join(folder, entry))).mode & 0o022) !== 0) open.push(entry);
    expect(open).toEqual([]);
  });
});
