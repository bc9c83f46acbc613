import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nameOwner, removeDeadScratch } from '../../engine/postgres/programs/dead-scratch.ts';
import { processIdentity } from '../../engine/postgres/programs/process-identity.ts';
import { familyOf } from '../fixtures/family.ts';

const MODULE = new URL('../../engine/postgres/reaped-folder.ts', import.meta.url).href;
/** Makes a scratch directory as commands do, prints its path, and then waits. */
const MAKER = `const { makeReapedFolder } = await import('${MODULE}');
console.log(await makeReapedFolder(process.argv[1], {})); setInterval(() => {}, 1000);`;

describe('a scratch directory', () => {
  let parent: string;
  const self = processIdentity();
  if (self === undefined) throw new Error('this test needs Linux');

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'hf-scratch-'));
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  const startMaker = async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', MAKER, parent]);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, folder: line.toString().trim() };
  };
  /** A directory whose owner is this process but for what is given. */
  const plant = async (name: string, owner: object) => {
    const folder = join(parent, name);
    await mkdir(folder);
    await writeFile(join(folder, 'owner.json'), JSON.stringify({ ...self, ...owner }));
    await writeFile(join(folder, 'schema.dump'), 'rows');
    return folder;
  };
  const sweep = async () => {
    const notes: string[] = [];
    await removeDeadScratch(parent, { onNote: (note) => notes.push(note) });
    return notes;
  };

  it('whose process and cleaning shell died at once is removed by the next process', async () => {
    const { child, folder } = await startMaker();
    await writeFile(join(folder, 'schema.dump'), 'rows');
    for (const { pid } of await familyOf(child.pid)) process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(folder)).toBe(true);
    const next = await startMaker();
    expect(existsSync(folder)).toBe(false);
    next.child.kill('SIGKILL');
    await vi.waitFor(async () => expect(await readdir(parent)).toEqual([]), { timeout: 10_000 });
  });

  it('of a process that lives stays, with what is in it', async () => {
    const { child, folder } = await startMaker();
    expect(await sweep()).toEqual([]);
    expect(await readFile(join(folder, 'owner.json'), 'utf8')).toContain(`"pid":${child.pid}`);
    child.kill('SIGKILL');
  });

  it('is removed where another process has the number now', async () => {
    const folder = await plant('holdfast-00000001', { start: '1' });
    expect(await sweep()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  it('is removed after a restart of the machine', async () => {
    const folder = await plant('holdfast-00000002', { boot: 'an earlier one' });
    expect(await sweep()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  it.each([
    ['in another container', 'holdfast-00000003', { pidNamespace: 'pid:[1]', pid: 2 ** 22 + 1 }],
    ['of another program', 'holdfast-of-somebody', { start: '1' }],
    ['without an owner that can be read', 'holdfast-00000004', { pid: 'x' }],
  ])('%s stays', async (_which, name, owner) => {
    const folder = await plant(name, owner);
    expect(await sweep()).toEqual([]);
    expect(await readdir(folder)).toEqual(['owner.json', 'schema.dump']);
  });

  it('that is empty and names nobody is removed after a day', async () => {
    const [young, old] = [join(parent, 'holdfast-0000000a'), join(parent, 'holdfast-0000000b')];
    for (const folder of [young, old]) await mkdir(folder);
    const daysAgo = new Date(Date.now() - 2 * 86_400_000);
    await utimes(old, daysAgo, daysAgo);
    expect(await sweep()).toEqual([]);
    expect(await readdir(parent)).toEqual(['holdfast-0000000a']);
  });

  it('names its owner once', () => {
    nameOwner(parent);
    expect(() => nameOwner(parent)).toThrow(/EEXIST/);
  });
});
