import { appendFile, chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FolderRepository } from '../../engine/adapters/folder-repository.ts';
import { readKeyFile } from '../../engine/adapters/key-file.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { putMark } from '../../engine/operations/marks.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

interface Listing {
  name: string;
  sets: { id: string; state: string; keepUntil: string; isHeld: boolean }[];
}

describe('a set in several repositories', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({
      sql: 'CREATE TABLE t AS SELECT n, repeat(md5(n::text), 20) AS x FROM generate_series(1, 2000) n',
    });
  });
  afterAll(() => database.drop());

  beforeEach(async () => {
    workspace = await makeWorkspace();
    await configure([
      { name: 'here', keep: '7d' },
      { name: 'there', keep: { for: '1y', atLeast: 3 } },
    ]);
  });
  afterEach(() => workspace.remove());

  const configureDrill = (drill: object) =>
    configure([{ name: 'here', keep: '7d' }, 'there'], drill);
  const configure = (repositories: unknown[], drill = {}) =>
    writeConfig(workspace, {
      databases: { db: { url: database.url, drill } },
      repositories: {
        here: { folder: './here' },
        there: { folder: './there' },
        third: { folder: './third' },
      },
      plans: { default: { repositories } },
    });

  const json = async <T>(args: string[], status = 0): Promise<T> => {
    const finished = await workspace.run([...args, '--json']);
    expect(finished, `${args.join(' ')}: ${finished.stderr}`).toMatchObject({ status });
    return finished.json<T>();
  };
  const listings = async () => (await json<{ repositories: Listing[] }>(['list'])).repositories;
  const filesOf = async (repository: string) =>
    (
      await readdir(join(workspace.folder, repository, 'default/db'), { recursive: true }).catch(
        () => [],
      )
    )
      .filter((name) => name.includes('.'))
      .sort();

  const auditsIn = async (repository: string) => {
    const folder = join(workspace.folder, repository, 'audit');
    const names = (await readdir(folder, { recursive: true }))
      .filter((name) => name.endsWith('.json'))
      .sort();
    return Promise.all(
      names.map(
        async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as AuditRecord,
      ),
    );
  };

  it('is the same in each, and kept as long as each keeps its sets', async () => {
    const { id, copies } = await json<{
      id: string;
      copies: { repository: string; keepUntil: string }[];
    }>(['backup']);
    expect(await filesOf('here')).toEqual(await filesOf('there'));
    const days = copies.map(({ repository, keepUntil }) => [
      repository,
      Math.round((Date.parse(keepUntil) - Date.now()) / 86_400_000),
    ]);
    expect(days).toEqual([
      ['here', 7],
      ['there', 366],
    ]);
    const [here, there, third] = await listings();
    expect(here?.sets).toMatchObject([{ id, keepUntil: copies[0]?.keepUntil }]);
    expect(there?.sets).toMatchObject([{ id, keepUntil: copies[1]?.keepUntil }]);
    expect(third?.sets).toEqual([]);
    expect(
      (await json<{ manifest: { keepAtLeast: number } }>(['show', id, '--repository', 'there']))
        .manifest.keepAtLeast,
    ).toBe(3);
  });

  it('is in none when one of them can not be written', async () => {
    await json(['backup']);
    await rm(join(workspace.folder, 'there'), { recursive: true });
    await writeFile(join(workspace.folder, 'there'), 'a file where the disk should be mounted');
    const finished = await workspace.run(['backup', '--json']);
    expect(finished.status).not.toBe(0);
    expect(finished.error().code).toBe('REPOSITORY_UNREACHABLE');
    expect(
      (await json<{ repositories: Listing[] }>(['list', '--repository', 'here'])).repositories[0]
        ?.sets,
    ).toHaveLength(1);
  });

  it('is in none when one of them can not even be asked, and the others have a record of the try', async () => {
    await json(['backup', '--repository', 'here']);
    await writeConfig(workspace, {
      databases: { db: { url: database.url } },
      repositories: {
        here: { folder: './here' },
        cloud: { bucket: 'no-bucket', endpoint: 'http://store.invalid:1', region: 'eu-west-1' },
      },
      plans: { default: { repositories: ['here', 'cloud'] } },
    });
    const finished = await workspace.run(['backup', '--json'], {
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
    });
    expect(finished.error()).toMatchObject({ code: 'REPOSITORY_UNREACHABLE' });
    const record = {
      operation: 'backup',
      plan: 'default',
      database: 'db',
      backup: null,
      status: 'failed',
    };
    expect((await auditsIn('here')).at(-1)).toMatchObject({
      ...record,
      error: { code: 'REPOSITORY_UNREACHABLE' },
    });
  });

  it('becomes CHECKED in each, and a damaged copy never hides the good one', async () => {
    const { id } = await json<{ id: string }>(['backup']);
    await appendFile(join(workspace.folder, 'here/default/db', id, 'data.dump.zst.esdk'), 'x');
    expect((await workspace.run(['verify', id, '--json'])).error()).toMatchObject({
      code: 'OBJECT_DAMAGED',
    });
    const [here, there] = await listings();
    expect([here?.sets[0]?.state, there?.sets[0]?.state]).toEqual(['SUSPECT', 'CHECKED']);
    expect(await json(['show', 'latest'])).toMatchObject({ repository: 'there', manifest: { id } });
  });

  it('is proven everywhere by one drill, where the copies were read back whole', async () => {
    const { id } = await json<{ id: string }>(['backup']);
    await json(['verify', id, '--repository', 'there']);
    await json(['drill']);
    expect((await listings()).map(({ sets }) => sets[0]?.state)).toEqual([
      'PROVEN',
      'PROVEN',
      undefined,
    ]);
    await json(['backup']);
    await json(['drill']);
    expect((await listings()).map(({ sets }) => sets[1]?.state)).toEqual([
      'PROVEN',
      'STORED',
      undefined,
    ]);
  });

  it('is found in the other one when the first is gone', async () => {
    await json(['backup']);
    await rm(join(workspace.folder, 'here'), { recursive: true });
    await writeFile(join(workspace.folder, 'here'), 'a file where the disk should be mounted');
    const finished = await workspace.run(['show', 'latest', '--json']);
    expect(finished.status).toBe(0);
    expect(finished.stderr).toContain('passed over a repository');
    expect(finished.json()).toMatchObject({ repository: 'there' });
  });

  it('is verified where it can be read, and not said to be verified where it can not', async () => {
    await json(['backup']);
    await rm(join(workspace.folder, 'here'), { recursive: true });
    await writeFile(join(workspace.folder, 'here'), 'a file where the disk should be mounted');
    const finished = await workspace.run(['verify', 'latest', '--json']);
    expect(finished.status).not.toBe(0);
    expect(finished.error()).toMatchObject({
      code: 'REPOSITORY_UNREACHABLE',
      message: expect.stringContaining('/here '),
    });
    expect(
      (await json<{ repositories: Listing[] }>(['list', '--repository', 'there'])).repositories[0]
        ?.sets[0]?.state,
    ).toBe('CHECKED');
  });

  it('is listed and pruned where it lies when another repository does not answer, and the command fails then', async () => {
    const { id } = await json<{ id: string }>(['backup']);
    await rm(join(workspace.folder, 'here'), { recursive: true });
    await writeFile(join(workspace.folder, 'here'), 'a file where the disk should be mounted');
    for (const args of [['list'], ['prune'], ['prune', '--apply']]) {
      const finished = await workspace.run([...args, '--json']);
      const { code, message } = finished.error();
      expect(code, args.join(' ')).toBe('REPOSITORY_UNREACHABLE');
      expect(finished.status).toBe(finished.error().exitStatus);
      expect(finished.json()).toMatchObject({
        repositories: [
          { problem: message, sets: [] },
          { problem: null, sets: [{ id }] },
          { problem: null, sets: [] },
        ],
      });
      const { stdout } = await workspace.run(args);
      for (const word of [id, message]) expect(stdout).toContain(word);
    }
    expect(await workspace.run(['list', '--repository', 'here', '--json'])).toMatchObject({
      stdout: '',
    });
  });

  it('stays SUSPECT after a failed drill when it is verified, and verify says how to lift it', async () => {
    const { id } = await json<{ id: string }>(['backup']);
    await configureDrill({
      assertions: [{ name: 'no row at all', sql: 'SELECT NOT EXISTS (SELECT FROM t)' }],
    });
    await json(['verify', id, '--repository', 'here']);
    expect((await workspace.run(['drill', '--backup', id, '--json'])).error()).toMatchObject({
      code: 'DRILL_FAILED',
    });
    const { copies } = await json<{ copies: { repository: string; state: string }[] }>([
      'verify',
      id,
    ]);
    const listed = (await listings()).map(({ name, sets }) => [name, sets[0]?.state]);
    expect(copies.map(({ repository, state }) => [repository, state])).toEqual(
      listed.filter(([, state]) => state !== undefined),
    );
    expect(copies[0]?.state).toBe('SUSPECT');
    const { stdout } = await workspace.run(['verify', id]);
    expect(stdout).toMatch(
      new RegExp(`^${id} SUSPECT still in here: .*holdfast drill --backup ${id}`),
    );
    await configureDrill({});
    await json(['drill', '--backup', id]);
    expect((await listings()).map(({ sets }) => sets[0]?.state)).toEqual([
      'PROVEN',
      'PROVEN',
      undefined,
    ]);
  });

  it('stays PROVEN when it is verified', async () => {
    const { id } = await json<{ id: string }>(['backup']);
    await json(['drill', '--repository', 'here']);
    expect(await json(['verify', id, '--repository', 'here'])).toMatchObject({
      copies: [{ state: 'PROVEN' }],
    });
  });

  it('is SUSPECT everywhere when a drill finds its rows wanting, and latest passes over it', async () => {
    const { id: good } = await json<{ id: string }>(['backup']);
    const { id: bad } = await json<{ id: string }>(['backup']);
    await json(['verify', bad]);
    await configureDrill({
      assertions: [{ name: 'no row at all', sql: 'SELECT NOT EXISTS (SELECT FROM t)' }],
    });
    expect((await workspace.run(['drill', '--backup', bad, '--json'])).error()).toMatchObject({
      code: 'DRILL_FAILED',
    });
    expect((await listings()).map(({ sets }) => sets[1]?.state)).toEqual([
      'SUSPECT',
      'SUSPECT',
      undefined,
    ]);
    expect(await json(['show', 'latest'])).toMatchObject({ manifest: { id: good } });
  });

  it('is SUSPECT everywhere when it does not restore, and latest passes over it', async () => {
    const { id: good } = await json<{ id: string }>(['backup']);
    await database.query(`
      CREATE FUNCTION at_home() RETURNS boolean LANGUAGE sql AS $$ SELECT pg_catalog.current_setting('application_name') !~ '^holdfast' $$;
      CREATE TABLE picky (id int CHECK (public.at_home())); INSERT INTO picky VALUES (1)`);
    const { id: bad } = await json<{ id: string }>(['backup']);
    await database.query('DROP TABLE picky; DROP FUNCTION at_home');
    await json(['verify', bad]);
    const { code, message } = (await workspace.run(['drill', '--backup', bad, '--json'])).error();
    expect([code, message]).toEqual([
      'DRILL_FAILED',
      expect.stringContaining('The set restores: TABLE DATA picky'),
    ]);
    expect((await listings()).map(({ sets }) => sets[1]?.state)).toEqual([
      'SUSPECT',
      'SUSPECT',
      undefined,
    ]);
    expect(await json(['show', 'latest'])).toMatchObject({ manifest: { id: good } });
  });

  it('is SUSPECT in one place only when a drill finds its bytes damaged there', async () => {
    const { id } = await json<{ id: string }>(['backup']);
    await json(['verify', id]);
    const file = join(workspace.folder, 'here/default/db', id, 'data.dump.zst.esdk');
    const bytes = await readFile(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect((await workspace.run(['drill', '--json'])).error()).toMatchObject({
      code: 'OBJECT_DAMAGED',
    });
    expect((await listings()).map(({ sets }) => sets[0]?.state)).toEqual([
      'SUSPECT',
      'CHECKED',
      undefined,
    ]);
  });

  describe('by copy', () => {
    beforeEach(() => configure(['here']));

    it('has the state of the original, and proves itself alone', async () => {
      const { id } = await json<{ id: string }>(['backup', '--hold']);
      await json(['drill']);
      expect(await json(['copy', id, '--to', 'third'])).toMatchObject({
        from: 'here',
        to: 'third',
        state: 'PROVEN',
        objectsFound: 0,
      });
      await rm(join(workspace.folder, 'here'), { recursive: true });
      expect((await listings())[2]?.sets).toMatchObject([{ id, state: 'PROVEN', isHeld: true }]);
      await json(['drill', '--repository', 'third']);
    });

    it('completes what a dead run left half, and may be repeated', async () => {
      const { id } = await json<{ id: string }>(['backup']);
      await json(['copy', id, '--to', 'third']);
      await rm(join(workspace.folder, 'third/default/db', id, 'manifest.json'));
      await rm(join(workspace.folder, 'third/default/db', id, 'schema.dump.zst.esdk'));
      expect((await listings())[2]?.sets).toEqual([]);
      expect(await json(['copy', id, '--to', 'third'])).toMatchObject({ objectsFound: 2 });
      expect(await json(['copy', id, '--to', 'third'])).toMatchObject({ objectsFound: 3 });
      await json(['verify', id, '--repository', 'third']);
    });

    it('takes the keep of the plan in its new place', async () => {
      const { id } = await json<{ id: string }>(['backup']);
      await configure(['here', { name: 'third', keep: '6y' }]);
      await json(['copy', id, '--to', 'third']);
      const [, , third] = await listings();
      expect(Date.parse(third?.sets[0]?.keepUntil ?? '') - Date.now()).toBeGreaterThan(
        5.9 * 365 * 86_400_000,
      );
      await json(['verify', id, '--repository', 'third']);
    });

    it('refuses bytes that are not those of the manifest, at either end', async () => {
      const { id } = await json<{ id: string }>(['backup']);
      await json(['copy', id, '--to', 'third']);
      const there = join(workspace.folder, 'third/default/db', id, 'data.dump.zst.esdk');
      await chmod(there, 0o600);
      await writeFile(there, Buffer.alloc((await stat(there)).size, 'x'));
      expect((await workspace.run(['copy', id, '--to', 'third', '--json'])).error()).toMatchObject({
        code: 'COPY_DIFFERS',
      });
      await appendFile(join(workspace.folder, 'here/default/db', id, 'data.dump.zst.esdk'), 'x');
      expect((await workspace.run(['copy', id, '--to', 'there', '--json'])).error()).toMatchObject({
        code: 'OBJECT_DAMAGED',
      });
      expect((await listings())[1]?.sets).toEqual([]);
    });

    it('refuses a set that retention let go there, and a manifest there that is another one', async () => {
      const { id } = await json<{ id: string }>(['backup']);
      await json(['copy', id, '--to', 'third']);
      const there = join(workspace.folder, 'third/default/db', id);
      const repository = new FolderRepository(join(workspace.folder, 'third'));
      const { keyring } = await readKeyFile(workspace.keyFile);
      await putMark(
        {
          ...{ project: 'test', repository, keyring },
          clock: { now: () => new Date('2026-11-23T00:00:00Z') },
        },
        { plan: 'default', database: 'db', id },
        { mark: 'released', content: {} },
      );
      expect((await workspace.run(['copy', id, '--to', 'third', '--json'])).error()).toMatchObject({
        code: 'SET_RELEASED',
      });
      await rm(join(there, 'released-20261123T000000Z.json'));
      await writeFile(join(there, 'manifest.json'), '{"garbage": true}');
      expect((await workspace.run(['copy', id, '--to', 'third', '--json'])).error()).toMatchObject({
        code: 'MANIFEST_INVALID',
      });
    });

    it('never shortens what was promised, and takes the keep of the plan where the repository has none of its own', async () => {
      await configure([{ name: 'here', keep: '6y' }]);
      const { id } = await json<{ id: string }>(['backup']);
      await configure([{ name: 'here', keep: '1d' }, 'third']);
      await json(['copy', id, '--to', 'third']);
      const years = async () =>
        Date.parse((await listings())[2]?.sets.at(-1)?.keepUntil ?? '') - Date.now();
      expect(await years()).toBeGreaterThan(5.9 * 365 * 86_400_000);
      const { id: younger } = await json<{ id: string }>(['backup', '--repository', 'here']);
      await json(['copy', younger, '--to', 'third']);
      expect(Math.round((await years()) / 86_400_000)).toBe(30);
    });

    it('is not swept up by a backup that runs meanwhile', async () => {
      const { id } = await json<{ id: string }>(['backup']);
      const unfinished = join(workspace.folder, 'here/.unfinished/default/db', id);
      await mkdir(unfinished, { recursive: true });
      await writeFile(join(unfinished, 'data.dump.zst.esdk~0123456789ab'), 'a copy on its way');
      const finished = await workspace.run(['backup', '--json']);
      expect(finished.stderr).not.toContain('which died');
      expect(await readdir(unfinished)).toHaveLength(1);
    });

    it('refuses the place where it lies, and one that is not in the config', async () => {
      const { id } = await json<{ id: string }>(['backup']);
      expect((await workspace.run(['copy', id, '--to', 'here', '--json'])).error()).toMatchObject({
        code: 'SET_NOT_FOUND',
      });
      expect((await workspace.run(['copy', id, '--to', 'moon', '--json'])).error()).toMatchObject({
        code: 'USAGE',
        exitStatus: 2,
      });
    });
  });
});
