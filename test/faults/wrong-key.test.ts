import { access, chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, countManifests, stateOf } from '../fixtures/set.ts';

describe('a key', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const elsewhere = (name: string) => ({ HOLDFAST_KEY_FILE: join(workspace.folder, name) });

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t (i int)' });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
    expect(await workspace.run(['keygen', '--out', 'other'])).toMatchObject({ status: 0 });
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('that is another one opens nothing, and the set stays what it was', async () => {
    for (const args of [
      ['verify', id],
      ['drill', '--backup', id],
      ['restore', id, '--to', `${database.url}`],
    ]) {
      const { message } = expectFailure(
        await workspace.run([...args, '--json'], elsewhere('other')),
        { code: 'KEY_MISMATCH' },
      );
      expect(message).toMatch(/opens with key-file [0-9a-f]{16}; at hand is key-file [0-9a-f]{16}/);
    }
    expect(await stateOf(workspace, id)).toBe('STORED');
  });

  it('that is another one is refused for a backup into this repository', async () => {
    expectFailure(await workspace.run(['backup', '--json'], elsewhere('other')), {
      code: 'KEY_MISMATCH',
    });
    expect(await countManifests(workspace)).toBe(1);
    const doctor = await workspace.run(['doctor', '--json'], elsewhere('other'));
    expect(doctor.json()).toMatchObject({
      isWell: false,
      findings: expect.arrayContaining([
        expect.objectContaining({ name: 'key', status: 'failed' }),
      ]),
    });
  });

  it('that is missing is not made anew while the repository holds sets', async () => {
    for (const args of [['backup'], ['verify', id]])
      expectFailure(await workspace.run([...args, '--json'], elsewhere('lost')), {
        code: 'KEY_MISSING',
      });
    await expect(access(join(workspace.folder, 'lost'))).rejects.toThrow('ENOENT');
  });

  it('that is missing is not made anew when somebody removed the keys folder of the repository', async () => {
    await rename(join(workspace.backups, 'keys'), join(workspace.folder, 'keys-away'));
    expectFailure(await workspace.run(['backup', '--json'], elsewhere('lost')), {
      code: 'KEY_MISSING',
    });
    await expect(access(join(workspace.folder, 'lost'))).rejects.toThrow('ENOENT');
    expect(await countManifests(workspace)).toBe(1);
    await rm(join(workspace.backups, 'keys'), { recursive: true, force: true });
    await rename(join(workspace.folder, 'keys-away'), join(workspace.backups, 'keys'));
  });

  it('that others may read is refused', async () => {
    await copyFile(workspace.keyFile, join(workspace.folder, 'open'));
    await chmod(join(workspace.folder, 'open'), 0o644);
    for (const args of [['backup'], ['verify', id]])
      expect(
        expectFailure(await workspace.run([...args, '--json'], elsewhere('open')), {
          code: 'KEY_INVALID',
        }).hint,
      ).toContain('chmod 600');
  });

  it.each([
    ['nothing', ''],
    ['a digit less', 'a'.repeat(63)],
    ['another text', 'a key of mine, which is secret'],
  ])('that holds %s is refused, and not repeated', async (_what, text) => {
    await writeFile(join(workspace.folder, 'bad'), text, { mode: 0o600 });
    const finished = await workspace.run(['backup', '--json'], elsewhere('bad'));
    expectFailure(finished, { code: 'KEY_INVALID' });
    if (text !== '') expect(finished.stderr).not.toContain(text);
    await rm(join(workspace.folder, 'bad'));
  });

  it('inside the repository is refused, whether it is there or not', async () => {
    const { message } = expectFailure(
      await workspace.run(['backup', '--json'], elsewhere('backups/key')),
      { code: 'KEY_INVALID' },
    );
    expect(message).toContain('inside the repository');
    await expect(access(join(workspace.backups, 'key'))).rejects.toThrow('ENOENT');
    await mkdir(join(workspace.backups, 'mine'));
    await copyFile(workspace.keyFile, join(workspace.backups, 'mine/key'));
    expectFailure(await workspace.run(['backup', '--json'], elsewhere('backups/mine/key')), {
      code: 'KEY_INVALID',
    });
    await rm(join(workspace.backups, 'mine'), { recursive: true });
  });

  it('is never overwritten', async () => {
    const before = await readFile(workspace.keyFile, 'utf8');
    expectFailure(await workspace.run(['keygen', '--json']), { code: 'KEY_INVALID' });
    expect(await readFile(workspace.keyFile, 'utf8')).toBe(before);
  });

  it('that is the right one still opens the set', async () => {
    expect(await workspace.run(['verify', id])).toMatchObject({ status: 0 });
  });
});
