import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contentsOf } from '../fixtures/contents.ts';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';
import { canMount, mountSmallDisk } from '../fixtures/small-disk.ts';

const TABLES = 60;

describe('the room that a restore needs', () => {
  const role = `few_${randomBytes(4).toString('hex')}`;
  let source: TestDatabase;
  let target: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const restore = (...args: string[]) =>
    workspace.run(['restore', id, '--no-owner', '--json', ...args]);
  const toTarget = () => ['--to', urlOf(target.host, target.name, role)];
  const toNew = () => ['--to', urlOf(target.host, `${target.name}_new`, role), '--create'];

  beforeAll(async () => {
    source = await makeDatabase({
      sql: `CREATE ROLE ${role} LOGIN CREATEDB;
        DO $$ BEGIN FOR n IN 1..${TABLES} LOOP
          EXECUTE format('CREATE TABLE t%s (i) AS SELECT generate_series(1, 3)', n);
          EXECUTE format('ALTER TABLE t%s ADD PRIMARY KEY (i)', n);
        END LOOP; END $$`,
    });
    workspace = await makeWorkspace({ databaseUrl: source.url });
    id = await backUp(workspace);
  });
  beforeEach(async () => {
    target = await makeDatabase();
    await source.query(`ALTER DATABASE ${target.name} OWNER TO ${role}`);
  });
  afterEach(async () => {
    await source.query(`DROP DATABASE IF EXISTS ${target.name}_new`);
    await source.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
    await target.drop();
  });
  afterAll(async () => {
    await workspace.remove();
    await source.query(`DROP ROLE ${role}`);
    await source.drop();
  });

  it.each([
    { what: 'an empty database', args: toTarget, more: ['--jobs', '3'], needed: 6 },
    { what: 'an empty database, one by one', args: toTarget, more: ['--jobs', '1'], needed: 4 },
    { what: 'a new database', args: toNew, more: ['--jobs', '3'], needed: 6 },
    { what: 'a table', args: toTarget, more: ['--table', 't1', '--as', 'b'], needed: 3 },
  ])('for $what is $needed connections, which the dry run and the restore ask for first', async ({
    args,
    more,
    needed,
  }) => {
    await source.query(`ALTER ROLE ${role} CONNECTION LIMIT ${needed - 1}`);
    const all = [...args(), ...more];
    let fix = '';
    for (const dry of [['--dry-run'], []]) {
      const failure = expectFailure(await restore(...all, ...dry), { code: 'CONNECTION_FAILED' });
      expect(failure.message).toBe(
        `this restore needs ${needed} connections at once, and role "${role}" may have ${needed - 1}`,
      );
      expect(await contentsOf(target)).toEqual({});
      fix = failure.hint.replace('Run as a superuser: ', '');
    }
    await source.query(fix);
    const finished = await restore(...all);
    expect(finished.status, finished.stderr).toBe(0);
  });

  it('is refused by the limit of the database that is filled', async () => {
    await source.query(`ALTER DATABASE ${target.name} CONNECTION LIMIT 4`);
    const { message, hint } = expectFailure(
      await restore(...toTarget(), '--jobs', '3', '--dry-run'),
      { code: 'CONNECTION_FAILED' },
    );
    expect(message).toContain(`database "${target.name}" may have 4`);
    await source.query(hint.replace('Run as a superuser: ', ''));
    expect(await restore(...toTarget(), '--jobs', '3')).toMatchObject({ status: 0 });
  });

  it('is refused while other sessions hold it, and one job at a time may fit', async () => {
    await source.query(`ALTER DATABASE ${target.name} CONNECTION LIMIT 6`);
    const other = await target.connect();
    const { message, hint } = expectFailure(
      await restore(...toTarget(), '--jobs', '3', '--dry-run'),
      { code: 'CONNECTION_FAILED', status: 75 },
    );
    expect(message).toBe(
      `this restore needs 6 connections at once, and of the 6 that database "${target.name}" may have 5 are free`,
    );
    expect(hint).toContain('With --jobs 1 it needs 4.');
    expect(await restore(...toTarget(), '--jobs', '1')).toMatchObject({ status: 0 });
    await other.end();
  });

  it('on the disk of the target is printed as the size of the source database', async () => {
    const { steps } = (await restore(...toTarget(), '--dry-run')).json<{ steps: string[] }>();
    expect(steps[0]).toMatch(/^take disk space on the target's server: the source database had \d/);
  });

  it.runIf(canMount)('is asked of the temporary directory for the definitions', async () => {
    const folder = join(workspace.folder, 'scratch');
    const disk = await mountSmallDisk(folder, 'size=4k');
    try {
      for (const dry of [['--dry-run'], []]) {
        const finished = await workspace.run(
          ['restore', id, '--no-owner', '--json', ...toTarget(), ...dry],
          { TMPDIR: folder },
        );
        const { message } = expectFailure(finished, { code: 'SCRATCH_FAILED' });
        expect(message).toMatch(/^the definitions take \d+\.\d kB in .*scratch, which has /);
      }
      expect(await contentsOf(target)).toEqual({});
    } finally {
      await disk.eject();
    }
  });
});
