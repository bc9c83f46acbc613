import { appendFile } from 'node:fs/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, fileOf } from '../fixtures/set.ts';

/** A function that is true in the source, and does something else in the copy. */
const atHome = (inCopy: string) => `
  CREATE FUNCTION at_home() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN IF pg_catalog.current_database() !~ '_copy$' THEN RETURN true; END IF; ${inCopy}; END $$;`;
const SLOW_INDEX = `${atHome('PERFORM pg_catalog.pg_sleep(600); RETURN true')}
  CREATE TABLE notes (id int); INSERT INTO notes VALUES (1); CREATE INDEX ON notes ((public.at_home() AND id > 0))`;
const REFUSED_ROWS = `${atHome('RETURN false')} CREATE TABLE notes (id int CHECK (public.at_home())); INSERT INTO notes VALUES (1)`;

describe('a restore into a database that is there', () => {
  let source: TestDatabase;
  let target: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const setScene = async (sql: string) => {
    await tearDown();
    source = await makeDatabase({ sql });
    target = await makeDatabase({ name: `${source.name}_copy` });
    workspace = await makeWorkspace({ databaseUrl: source.url });
    id = await backUp(workspace);
  };
  const tearDown = async () => {
    await workspace?.remove();
    await target?.drop();
    await source?.drop();
  };
  const restore = (...more: string[]) =>
    workspace.start(['restore', id, '--to', target.url, ...more, '--json']);

  afterAll(tearDown);

  it('says what it left behind when a signal ends it, because the next try hears of nothing else', async () => {
    await setScene(SLOW_INDEX);
    const { child, finished } = restore();
    const indexing =
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'CREATE INDEX%' AND state = 'active'";
    await vi.waitFor(async () => expect(await target.query(indexing)).toHaveLength(1), {
      timeout: 30_000,
    });
    child.kill('SIGTERM');
    const { message, hint } = expectFailure(await finished, { code: 'INTERRUPTED' });
    expect(message).toBe(
      `stopped by SIGTERM; database ${target.name} holds what was restored so far`,
    );
    expect(hint).toContain(`Drop database ${target.name}`);
    expectFailure(await restore().finished, { code: 'TARGET_NOT_EMPTY' });
  });

  it('says what it left behind when the target refuses the rows', async () => {
    await setScene(REFUSED_ROWS);
    const { message, hint } = expectFailure(await restore().finished, { code: 'RESTORE_FAILED' });
    expect(message).toContain(`; database ${target.name} holds what was restored so far`);
    expect(hint).toContain(`Drop database ${target.name}`);
  });

  it('never speaks of dropping a database that had its tables before', async () => {
    await setScene(REFUSED_ROWS);
    expect(await restore('--schema-only').finished).toMatchObject({ status: 0 });
    const { message, hint } = expectFailure(await restore('--data-only').finished, {
      code: 'RESTORE_FAILED',
    });
    expect(`${message} ${hint}`).not.toContain(target.name);
    expect(await target.query('SELECT FROM notes')).toEqual([]);
  });

  it('says nothing of the kind when the target is still empty', async () => {
    await setScene('CREATE TABLE notes (id int)');
    await appendFile(await fileOf(workspace, { id, name: 'schema.dump.zst.esdk' }), 'x');
    const { message, hint } = expectFailure(await restore().finished, { code: 'OBJECT_DAMAGED' });
    expect(`${message} ${hint}`).not.toContain(target.name);
  });
});
