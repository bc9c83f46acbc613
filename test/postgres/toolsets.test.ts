import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseRestoreTools } from '../../engine/operations/restore-tools.ts';
import { chooseToolset, findToolsets, type Toolset } from '../../engine/postgres/tools.ts';
import { logicalManifest } from '../fixtures/manifests.ts';

const tools = (major: number, hasServer = true): Toolset => ({
  directory: `/${major}`,
  major,
  version: `${major}.1`,
  hasServer,
});

/** Variables that change what a program of PostgreSQL does, or that it has no business with. */
const OF_OTHERS = [
  ...['LD_PRELOAD', 'LD_LIBRARY_PATH', 'PGOPTIONS', 'PGSERVICE', 'PGSERVICEFILE', 'PGPASSFILE'],
  ...['PGHOST', 'PGPASSWORD', 'PG_COLOR', 'PGDATA', 'HOME', 'LANG', 'PATH', 'DATABASE_URL'],
  ...['AWS_SECRET_ACCESS_KEY', 'HOLDFAST_KEY_FILE'],
];

describe('the programs of a machine', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-tools-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  const install = async (version: string, { hasServer = true } = {}): Promise<string> => {
    const directory = join(folder, version + (hasServer ? '' : '-client'));
    await mkdir(directory);
    const names = ['pg_dump', 'pg_restore', ...(hasServer ? ['initdb', 'postgres'] : [])];
    const program = `#!/bin/sh\necho "pg_dump (PostgreSQL) ${version}"\n`;
    for (const name of names) await writeFile(join(directory, name), program, { mode: 0o755 });
    return directory;
  };
  const versionsIn = async (configured: string[]) =>
    (await findToolsets({ env: {}, configured })).map(({ version }) => version);

  it('are one set a major, oldest first, each of the newest minor, wherever that lies', async () => {
    const [old, middle, young] = [
      await install('17.2'),
      await install('17.9'),
      await install('17.12'),
    ];
    const other = await install('15.4');
    expect(await versionsIn([old, young, middle, other])).toEqual(['15.4', '17.12']);
    expect(await versionsIn([young, other, middle, old])).toEqual(['15.4', '17.12']);
  });

  it('are a release before what was tried out ahead of it', async () => {
    expect(
      await versionsIn([await install('18rc1'), await install('18.0'), await install('18beta3')]),
    ).toEqual(['18.0']);
  });

  it('are asked for their version with PATH and a locale, and nothing else of our environment', async () => {
    const directory = join(folder, 'asked');
    await mkdir(directory);
    const seen = join(folder, 'seen');
    const program = `#!/bin/sh\nenv > ${seen}\necho "pg_dump (PostgreSQL) 17.1"\n`;
    for (const name of ['pg_dump', 'pg_restore'])
      await writeFile(join(directory, name), program, { mode: 0o755 });
    for (const name of OF_OTHERS) vi.stubEnv(name, '/nonexistent/canary');
    expect(await versionsIn([directory])).toEqual(['17.1']);
    vi.unstubAllEnvs();
    const variables = (await readFile(seen, 'utf8')).trim().split('\n').sort();
    expect(variables.filter((line) => !/^(PWD|SHLVL|OLDPWD|_)=/.test(line))).toEqual([
      'LC_ALL=C.UTF-8',
      'PATH=/usr/bin:/bin',
    ]);
  });

  it('are those with a server before newer ones without', async () => {
    const [client, server] = [await install('17.12', { hasServer: false }), await install('17.2')];
    expect(await versionsIn([client, server])).toEqual(['17.2']);
    expect(await versionsIn([server, client])).toEqual(['17.2']);
  });

  it('are the first of those that are alike', async () => {
    const [first, second] = [await install('16.4'), join(folder, 'second')];
    await mkdir(second);
    for (const name of ['pg_dump', 'pg_restore', 'initdb', 'postgres'])
      await symlink(join(first, name), join(second, name));
    expect(
      (await findToolsets({ env: {}, configured: [second, first] })).map(
        ({ directory }) => directory,
      ),
    ).toEqual([second]);
  });
});

describe('the programs for a dump', () => {
  it("are of the server's major, else of the next newer one", () => {
    expect(chooseToolset([tools(15), tools(16), tools(17)], { major: 16 }).major).toBe(16);
    expect(chooseToolset([tools(15), tools(17), tools(18)], { major: 16 }).major).toBe(17);
  });

  it('are never older than the server, and the error says what is there', () => {
    expect(() => chooseToolset([tools(15)], { major: 17 })).toThrow(
      expect.objectContaining({
        code: 'TOOLS_MISSING',
        message: expect.stringContaining('here is 15'),
      }),
    );
    expect(() => chooseToolset([], { major: 17 })).toThrow(
      expect.objectContaining({ message: expect.stringContaining('here is none') }),
    );
  });

  it('have a server beside them where one is needed', () => {
    expect(
      chooseToolset([tools(17, false), tools(18)], { major: 17, needsServer: true }).major,
    ).toBe(18);
  });
});

describe('the programs for a restore', () => {
  const manifest = { ...logicalManifest({ tools: { pg_dump: '15.18' } }), seal: '' };

  it('read the archive and write what the target takes', () => {
    expect(
      chooseRestoreTools([tools(15), tools(16), tools(17), tools(18)], {
        manifest,
        targetMajor: 17,
      }).major,
    ).toBe(17);
    expect(chooseRestoreTools([tools(15), tools(18)], { manifest, targetMajor: 17 }).major).toBe(
      15,
    );
  });

  it('do not exist for a target older than the dump', () => {
    expect(() => chooseRestoreTools([tools(15)], { manifest, targetMajor: 14 })).toThrow(
      expect.objectContaining({ code: 'TARGET_UNFIT' }),
    );
  });

  it('may not be newer than the target', () => {
    expect(() => chooseRestoreTools([tools(18)], { manifest, targetMajor: 17 })).toThrow(
      expect.objectContaining({ code: 'TOOLS_MISSING' }),
    );
  });
});
