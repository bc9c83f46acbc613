import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeConfig } from '../fixtures/config.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { type Finished, makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp, stateOf, wholeRepository } from '../fixtures/set.ts';

const CANARY = 'Kanarienvogel-7c1e';
const PASSWORD = 'Passwort-9d2f';

/** What an application may raise; each quotes the row, some in words that PostgreSQL uses too. */
const RAISED = [
  `'%', NEW.note`,
  `E'refused\\n%\\n%', NEW.note, NEW.note`,
  `'cannot take %', NEW.note`,
  `'could not find %', NEW.note`,
  `'there is already a %', NEW.note`,
  `'relation "%" does not exist', NEW.note`,
  `'permission denied for %', NEW.note USING ERRCODE = '42501'`,
  `'canceling statement of %', NEW.note USING ERRCODE = '57014'`,
  `'duplicate key value violates unique constraint "%"', NEW.note USING ERRCODE = '23505'`,
  `E'\\nERROR:  could not open %', NEW.note USING DETAIL = NEW.note, HINT = NEW.note`,
];

/** Constraints that the rows break, with words of PostgreSQL's own. */
const BROKEN = [
  "CHECK (note <> 'Kanarienvogel-7c1e')",
  'CHECK (note::int > 0)',
  'CHECK (note::regclass IS NOT NULL)',
  'CHECK (note::regrole IS NOT NULL)',
  'CHECK (note::json IS NOT NULL)',
  'CHECK (note::date IS NOT NULL)',
  'CHECK (note::regproc IS NOT NULL)',
  "CHECK (to_timestamp('2020', note) IS NOT NULL AND now() AT TIME ZONE note IS NOT NULL)",
  'CHECK (note ~ note AND (note || chr(40)) ~ (note || chr(40)))',
];

describe('a row and a password appear in nothing that Holdfast says or writes', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;
  const said: string[] = [];

  const run = async (args: readonly string[]): Promise<Finished> => {
    const finished = await workspace.run(args);
    said.push(finished.stdout, finished.stderr);
    return finished;
  };
  const expectSilence = async () => {
    const everything = [...said, await wholeRepository(workspace)].join('\n');
    expect(
      everything.split('\n').filter((line) => line.includes(CANARY) || line.includes(PASSWORD)),
    ).toEqual([]);
  };
  /** An empty table of the set in the target, which does not take the rows. */
  const refuseRows = async (sql: string) => {
    const target = await makeDatabase({ sql: `CREATE TABLE secrets (id int, note text); ${sql}` });
    const finished = await run(['restore', id, '--to', target.url, '--table', 'secrets', '--json']);
    expect(finished.error()).toMatchObject({
      code: 'RESTORE_FAILED',
      exitStatus: 1,
      hint: expect.stringMatching(/\w/),
    });
    await target.drop();
    await expectSilence();
  };

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE TABLE secrets (id int, note text); INSERT INTO secrets VALUES (1, '${CANARY}'), (2, '${CANARY}')`,
    });
    workspace = await makeWorkspace();
    const url = database.url.replace('@', `:${PASSWORD}@`);
    await writeConfig(workspace, { databases: { clinic: { envFile: 'clinic.env', drill: {} } } });
    await writeFile(`${workspace.folder}/clinic.env`, `DATABASE_URL=${url}\n`);
    id = await backUp(workspace);
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('when a materialized view of the schema can not be filled', async () => {
    const source = await makeDatabase({
      sql: `CREATE TABLE secrets (note text); CREATE MATERIALIZED VIEW view AS SELECT note::regclass FROM secrets;
        INSERT INTO secrets VALUES ('${CANARY}')`,
    });
    await writeConfig(workspace, {
      databases: { [source.name]: { url: source.url } },
      plans: { views: {} },
    });
    const set = await backUp(workspace);
    const copy = databaseNamed(`${source.name}_copy`);
    expect(
      (await run(['restore', set, '--to', copy.url, '--create', '--json'])).error(),
    ).toMatchObject({ code: 'RESTORE_FAILED' });
    await expectSilence();
    await source.drop();
  });

  it('when all goes well', async () => {
    for (const args of [
      ['backup'],
      ['list'],
      ['show', id],
      ['verify', id],
      ['drill', '--backup', id],
      ['doctor'],
      ['restore', id, '--to', 'clinic', '--dry-run'],
    ])
      for (const json of [[], ['--json']]) await run([...args, ...json]);
    await expectSilence();
  });

  it.each(RAISED)('when a check raises it: %s', async (message) => {
    await refuseRows(
      `CREATE FUNCTION refuse(note text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION ${message.replaceAll('NEW.note', 'note')}; END $$;
       ALTER TABLE secrets ADD CHECK (refuse(note))`,
    );
  });

  it.each(BROKEN)('when a row breaks a constraint: %s', async (constraint) => {
    await refuseRows(`ALTER TABLE secrets ADD ${constraint}`);
  });

  it('when it is there twice and may be there once', async () => {
    await refuseRows('CREATE UNIQUE INDEX ON secrets (note)');
  });

  it('when its column has become too short or of another type', async () => {
    await refuseRows('ALTER TABLE secrets ALTER note TYPE varchar(3)');
    await refuseRows('ALTER TABLE secrets ALTER note TYPE int USING 1');
  });

  it('when the judging SQL of a drill quotes it', async () => {
    const failing = [
      'SELECT min(note)::int FROM secrets',
      'SELECT min(note) FROM secrets',
      'SELECT note FROM secrets',
      `DO $$ BEGIN RAISE EXCEPTION E'%\\n%', (SELECT min(note) FROM secrets), 1; END $$`,
    ];
    const mistaken = ['SELECT min(note)::regclass FROM secrets', 'SELECT nosuch FROM secrets'];
    const ask = (drill: object) =>
      writeConfig(workspace, { databases: { clinic: { envFile: 'clinic.env', drill } } });
    const expectCode = async (code: string) => {
      for (const json of [[], ['--json']])
        expect((await run(['drill', '--backup', id, ...json])).stderr).toContain(code);
    };
    await ask({ assertions: failing.map((sql, index) => ({ name: `assertion ${index}`, sql })) });
    await expectCode('DRILL_FAILED');
    for (const sql of mistaken) {
      await ask({ assertions: [{ name: 'mistaken', sql }] });
      await expectCode('CONFIG_INVALID');
    }
    await ask({ recent: [{ table: 'secrets', column: 'note', within: '1h' }] });
    await expectCode('CONFIG_INVALID');
    await expectSilence();
  });

  it.each([
    `'%', $1`,
    `E'refused\\n%', $1`,
    `'cannot take %', $1`,
  ])('when a function of the schema raises it at every restore: %s', async (message) => {
    const source = await makeDatabase();
    await source.query(`CREATE FUNCTION shout(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
        IF pg_catalog.current_setting('application_name') ~ '^holdfast' THEN RAISE EXCEPTION ${message}; END IF; RETURN upper($1); END $$;
      CREATE TABLE secrets (note text CHECK (public.shout(note) <> ''), loud text GENERATED ALWAYS AS (public.shout(note)) STORED);
      INSERT INTO secrets VALUES ('${CANARY}')`);
    await writeConfig(workspace, {
      databases: { [source.name]: { url: source.url } },
      plans: { second: {} },
    });
    const set = await backUp(workspace);
    const copy = databaseNamed(`${source.name}_copy`);
    expect(
      (await run(['restore', set, '--to', copy.url, '--create', '--json'])).error(),
    ).toMatchObject({ code: 'RESTORE_FAILED' });
    const beside = await makeDatabase({
      sql:
        (
          await source.query<{ sql: string }>("SELECT pg_get_functiondef('shout'::regproc) AS sql")
        )[0]?.sql ?? '',
    });
    const asAnother = ['restore', set, '--to', beside.url, '--table', 'secrets', '--as', 'other'];
    expect((await run([...asAnother, '--json'])).error()).toMatchObject({ code: 'RESTORE_FAILED' });
    await run(asAnother);
    expect((await run(['drill', '--backup', set, '--json'])).status).toBe(1);
    expect(await stateOf(workspace, set)).toBe('SUSPECT');
    await expectSilence();
    await beside.drop();
    await source.drop();
  });
});
