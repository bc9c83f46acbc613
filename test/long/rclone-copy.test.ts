import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { codeBlocks, readDocument } from '../fixtures/document.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const hasRclone =
  spawnSync('rclone', ['version']).status === 0 && spawnSync('ssh-keygen', ['-?']).status !== null;

describe.skipIf(!hasRclone)('a repository that rclone copies to an SFTP server', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let server: ChildProcess;
  let blocks: string[];
  let port: number;

  const at = (name: string) => join(workspace.folder, name);
  /** Commands of docs/STORES.md, with the paths and the remote of this test. */
  const shell = (text: string) => {
    const adapted = text
      .replaceAll('/mnt/backups', workspace.backups)
      .replaceAll('/srv/from-copy', at('from-copy'))
      .replaceAll('host=backup.example.org', `host=127.0.0.1 port=${port} shell_type=none`)
      .replaceAll('/root/.ssh/id_ed25519', at('id'));
    const env = { ...process.env, RCLONE_CONFIG: at('rclone.conf') };
    const options = { env, cwd: workspace.folder, encoding: 'utf8' } as const;
    return spawnSync('sh', ['-ec', adapted], options);
  };
  const block = (words: string) => blocks.find((text) => text.includes(words)) ?? 'false';
  const fromCopy = (...args: string[]) => workspace.run([...args, '--config', 'from-copy.yaml']);
  const bringBack = async () => {
    await rm(at('from-copy'), { recursive: true, force: true });
    await rm(at('cache'), { recursive: true, force: true });
    const line = block('/srv/from-copy').split('\n')[0] ?? '';
    expect(shell(line)).toMatchObject({ status: 0 });
  };

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT generate_series(1, 50) AS i' });
    workspace = await makeWorkspace();
    const databases = { clinic: { url: database.url } };
    await writeConfig(workspace, { databases });
    const config = await readFile(at('holdfast.yaml'), 'utf8');
    await writeFile(at('from-copy.yaml'), config.replace(workspace.backups, at('from-copy')));
    blocks = codeBlocks(await readDocument('docs/STORES.md')).map(({ text }) => text);
    for (const name of ['id', 'hostkey'])
      spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
    await mkdir(at('disk'));
    port = 20_000 + (process.pid % 20_000);
    const keys = ['--authorized-keys', at('id.pub'), '--key', at('hostkey')];
    const address = ['--addr', `127.0.0.1:${port}`, '--dir-cache-time', '0s'];
    server = spawn('rclone', ['serve', 'sftp', at('disk'), ...address, ...keys]);
    await vi.waitFor(() => listens(port), { timeout: 20_000 });
    const created = shell(block('rclone config create'));
    expect(created, created.stderr).toMatchObject({ status: 0 });
  });

  afterAll(async () => {
    server?.kill();
    await workspace?.remove();
    await database?.drop();
  });

  it('counts there only once it is complete, and then verifies, drills and restores', async () => {
    const id = await backUp(workspace);
    const [first = '', second = ''] = block('--immutable').trim().split(' &&\n');
    expect(shell(first)).toMatchObject({ status: 0 });
    await bringBack();
    expect((await fromCopy('list', '--json')).stdout).not.toContain(id);
    expect(shell(second)).toMatchObject({ status: 0 });
    expect(shell(block('--immutable'))).toMatchObject({ status: 0 });
    expect(shell(block('rclone check'))).toMatchObject({ status: 0 });
    await bringBack();
    expect(await fromCopy('verify', 'latest')).toMatchObject({ status: 0 });
    expect(await fromCopy('drill')).toMatchObject({ status: 0 });
    const target = await makeDatabase();
    expect(await fromCopy('restore', 'latest', '--to', target.url)).toMatchObject({ status: 0 });
    expect(await target.query('SELECT count(*)::int AS n FROM t')).toEqual([{ n: 50 }]);
    await target.drop();
  });

  it('is not overwritten there, and a flipped bit there is found by comparing the bytes', async () => {
    const [key = ''] = (await workspace.objects()).filter((name) => name.includes('data.dump'));
    const there = join(at('disk/clinic'), key);
    const before = await readFile(there);
    const { atime, mtime } = await stat(there);
    const flipped = Buffer.from(before);
    flipped[100] = (flipped[100] ?? 0) ^ 1;
    await chmod(there, 0o600);
    await writeFile(there, flipped);
    await utimes(there, atime, mtime);
    expect(shell(block('--immutable'))).toMatchObject({ status: 0 });
    expect((await readFile(there)).equals(flipped)).toBe(true);
    expect(shell(block('rclone check')).status).not.toBe(0);
    await bringBack();
    expect((await fromCopy('verify', 'latest')).status).not.toBe(0);
    await writeFile(there, before);
    await utimes(there, atime, mtime);
  });

  it('moves aside there what is gone here, and deletes nothing', async () => {
    await rm(join(workspace.backups, 'default'), { recursive: true });
    expect(shell(block('rclone sync'))).toMatchObject({ status: 0 });
    const { stdout } = spawnSync('find', [at('disk')], { encoding: 'utf8' });
    expect(stdout).toMatch(/clinic-removed\/[-\d]+\/default\/.*\/manifest\.json\n/);
    expect(stdout).not.toContain('/disk/clinic/default/');
  });
});

function listens(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}
