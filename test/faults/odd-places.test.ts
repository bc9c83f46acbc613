import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseNamed, makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';
import { canMount, mountSmallDisk } from '../fixtures/small-disk.ts';

let database: TestDatabase;
let workspace: Workspace;

beforeAll(async () => {
  database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT generate_series(1, 20) AS i' });
  workspace = await makeWorkspace({ databaseUrl: database.url });
});
afterAll(async () => {
  await workspace.remove();
  await database.drop();
});

describe.runIf(canMount)('a repository on read-only media', () => {
  it('serves list, show, check, verify, export and restore, and says what it could not record', async () => {
    const disk = await mountSmallDisk(workspace.backups, 'size=20m,mode=700');
    const copy = databaseNamed(`${database.name}_copy`);
    try {
      await backUp(workspace);
      await disk.makeReadOnly();
      const commands = ['list', 'show latest', 'check', 'export latest --sql', 'verify latest'];
      const said: string[] = [];
      for (const command of [...commands, `restore latest --create --to ${copy.url}`]) {
        const { status, stderr } = await workspace.run(command.split(' '));
        expect(status, `${command}: ${stderr}`).toBe(0);
        said.push(stderr);
        expect(stderr.match(/no audit record/g) ?? []).toHaveLength(
          /^(verify|export|restore)/.test(command) ? 1 : 0,
        );
      }
      expect(said.join('')).toContain('was read back whole, but that could not be recorded in');
      expect(said.join('')).toContain('the export succeeded, but no audit record of it');
      expect(said.join('')).toContain('the restore succeeded, but no audit record of it');
    } finally {
      await copy.drop();
      await disk.eject();
      await rm(workspace.backups, { recursive: true });
    }
  });
});

describe('a backup', () => {
  it.runIf(process.platform === 'linux')(
    'ends with the reason where its folder can not be made',
    async () => {
      const run = (args: string[]) => workspace.run(args, { BACKUP_DIR: '/proc/backups' });
      const { message } = expectFailure(await run(['backup', '--json']), {
        code: 'REPOSITORY_UNREACHABLE',
        status: 75,
      });
      expect(message).toContain('/proc/backups can not be used');
      expect(await run(['doctor', '--json'])).toMatchObject({ status: 1 });
    },
  );

  it('says that its directory for temporary files is not there', async () => {
    await backUp(workspace);
    const copy = urlOf(database.host, `${database.name}_other`);
    const finished = await workspace.run(
      ['restore', 'latest', '--create', '--to', copy, '--json'],
      {
        TMPDIR: join(workspace.folder, 'gone'),
      },
    );
    const { message, hint } = expectFailure(finished, { code: 'SCRATCH_FAILED' });
    expect(message).toContain('gone');
    expect(hint).toContain('TMPDIR');
  });

  it('does not need the directory that it was started in', async () => {
    const folder = join(workspace.folder, 'deleted');
    const { status, stderr } = await workspace.runIn(folder, ['list', '--json']);
    expect(stderr).not.toContain('a fault of Holdfast itself');
    expect(status).toBe(2);
    expect(stderr).toContain('the working directory is gone');
  });
});
