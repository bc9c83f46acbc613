import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const SCHEMA = `
  CREATE TABLE audit (what text);
  CREATE TABLE patients (id serial PRIMARY KEY, name text NOT NULL, touched timestamptz NOT NULL DEFAULT '2020-01-01');
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched := now(); INSERT INTO audit VALUES ('insert'); RETURN NEW; END $$;
  INSERT INTO patients (name) SELECT 'p' || g FROM generate_series(1, 50) g;
  CREATE TRIGGER touch_them BEFORE INSERT ON patients FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE TRIGGER asleep BEFORE INSERT ON patients FOR EACH ROW EXECUTE FUNCTION touch();
  ALTER TABLE patients DISABLE TRIGGER asleep;
  CREATE TABLE visits (id int, patient int REFERENCES patients);
  CREATE VIEW names AS SELECT name FROM patients;
  CREATE TABLE doors (id int PRIMARY KEY);
  CREATE TABLE rooms (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ward int, name text UNIQUE,
    door int REFERENCES doors DEFERRABLE);
  CREATE INDEX by_ward ON rooms (ward); INSERT INTO rooms (ward, name) VALUES (1, 'x');`;

describe('restore --table into a living database', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let id: string;

  const restore = (...more: string[]) =>
    workspace.run(['restore', id, '--to', database.name, '--table', 'patients', ...more, '--json']);

  beforeAll(async () => {
    database = await makeDatabase({ sql: SCHEMA });
    workspace = await makeWorkspace({ databaseUrl: database.url });
    id = await backUp(workspace);
  });
  const keysOf = async (table: string) => {
    const rows = await database.query(
      `SELECT pg_get_constraintdef(oid) AS key FROM pg_constraint
       WHERE conrelid = $1::regclass AND contype = 'p'`,
      [table],
    );
    return rows.map(({ key }) => key);
  };

  beforeEach(() => database.query('DROP TABLE IF EXISTS patients_was; DELETE FROM audit'));
  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('does not fire the triggers of the application, and leaves them as they were', async () => {
    await database.query('TRUNCATE patients CASCADE');
    expect(await restore()).toMatchObject({ status: 0 });
    expect(
      await database.query(
        "SELECT count(*)::int AS rows FROM patients WHERE touched = '2020-01-01'",
      ),
    ).toEqual([{ rows: 50 }]);
    expect(await database.query('SELECT FROM audit')).toEqual([]);
    const triggers = await database.query(
      "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'patients'::regclass AND NOT tgisinternal ORDER BY 1",
    );
    expect(triggers).toEqual([
      { tgname: 'asleep', tgenabled: 'D' },
      { tgname: 'touch_them', tgenabled: 'O' },
    ]);
  });

  it('never gives an id out again that was given out since the backup', async () => {
    await database.query("TRUNCATE patients CASCADE; SELECT setval('patients_id_seq', 900)");
    expect(await restore()).toMatchObject({ status: 0 });
    expect(await database.query("SELECT nextval('patients_id_seq')::int AS next")).toEqual([
      { next: 901 },
    ]);
  });

  it('moves a sequence past the rows that came back', async () => {
    await database.query('TRUNCATE patients RESTART IDENTITY CASCADE');
    expect(await restore()).toMatchObject({ status: 0 });
    expect(await database.query("SELECT nextval('patients_id_seq')::int AS next")).toEqual([
      { next: 51 },
    ]);
  });

  it('says which objects of others a dropped table took along', async () => {
    await database.query('DROP TABLE patients CASCADE');
    const finished = await restore();
    expect(finished).toMatchObject({ status: 0 });
    const { notes } = finished.json<{ notes: string[] }>();
    expect(notes.join('\n')).toMatch(
      /belongs to another object: FK CONSTRAINT \w+ of table visits/,
    );
    expect(notes.join('\n')).toMatch(/belongs to another object: VIEW names/);
    await database.query(
      'ALTER TABLE visits ADD FOREIGN KEY (patient) REFERENCES patients; CREATE VIEW names AS SELECT name FROM patients',
    );
  });

  it('never drops a table that the application made in the meantime', async () => {
    await database.query('DROP TABLE patients CASCADE');
    const application = await database.connect();
    await application.query(
      "BEGIN; CREATE TABLE patients (name text); INSERT INTO patients VALUES ('of the application')",
    );
    const { finished } = workspace.start([
      'restore',
      id,
      '--to',
      database.name,
      '--table',
      'patients',
      '--json',
    ]);
    const waiting =
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    await vi.waitFor(async () => expect(await database.query(waiting)).toHaveLength(1), {
      timeout: 15_000,
    });
    await application.query('COMMIT');
    await application.end();
    expectFailure(await finished, { code: 'RESTORE_FAILED' });
    expect(await database.query('SELECT name FROM patients')).toEqual([
      { name: 'of the application' },
    ]);
  });

  it('fills no table that a killed restore left without its keys, unless it is told to', async () => {
    const half = () =>
      database.query(
        'DROP TABLE IF EXISTS patients CASCADE; CREATE TABLE patients (id int, name text NOT NULL, touched timestamptz)',
      );
    await half();
    for (const more of [[], ['--dry-run']]) {
      const { message, hint } = expectFailure(await restore(...more), { code: 'TARGET_NOT_EMPTY' });
      expect(message).toMatch(/lacks .*CONSTRAINT patients_pkey of table patients.*was killed/);
      expect(hint).toContain('DROP TABLE "public"."patients";');
    }
    expect(await database.query('SELECT FROM patients')).toEqual([]);
    expect(await restore('--keep-going')).toMatchObject({ status: 0 });
    await half();
    await database.query('DROP TABLE "public"."patients";');
    expect(await restore()).toMatchObject({ status: 0 });
    expect(await keysOf('patients')).toEqual(['PRIMARY KEY (id)']);
  });

  it('says which keys, indexes and identities of the backup a table lacks that it fills', async () => {
    const empty = async (sql: string) => {
      await database.query(`TRUNCATE rooms; ${sql}`);
      const finished = await workspace.run([
        ...['restore', id, '--to', database.name, '--table', 'rooms', '--json'],
      ]);
      expect(finished, finished.stderr).toMatchObject({ status: 0 });
      return finished.json<{ notes: string[] }>().notes.join('\n');
    };
    expect(await empty('ALTER TABLE rooms RENAME CONSTRAINT rooms_pkey TO another')).toBe('');
    expect(await empty('DROP INDEX by_ward; CREATE INDEX renamed ON rooms (ward)')).toBe('');
    const notes = await empty(`ALTER TABLE rooms DROP CONSTRAINT rooms_name_key,
      ALTER COLUMN id DROP IDENTITY; ALTER TABLE rooms DROP CONSTRAINT rooms_door_fkey`);
    for (const lost of ['rooms_name_key', 'rooms_door_fkey', 'SEQUENCE rooms_id_seq'])
      expect(notes).toContain(lost);
    expect(notes).not.toMatch(/another|rooms_pkey|by_ward|renamed/);
  });

  it('says which publications a table becomes part of that the restore makes', async () => {
    await database.query('TRUNCATE rooms; CREATE PUBLICATION everything FOR ALL TABLES');
    const notesOf = async (...args: string[]) => {
      const finished = await workspace.run([
        ...['restore', id, '--to', database.name, '--json', '--table', 'rooms', ...args],
      ]);
      expect(finished, finished.stderr).toMatchObject({ status: 0 });
      const notes = finished.json<{ notes: string[] }>().notes.join('\n');
      for (const note of notes.match(/the new table .*/g) ?? [])
        expect(finished.stderr).toContain(note);
      return notes;
    };
    const published = (table: string) =>
      new RegExp(`^the new table ${table} is part of publication everything \\(FOR ALL TABLES\\)`);
    const beside = published('rooms_was');
    expect(await notesOf('--as', 'rooms_was', '--dry-run')).toMatch(beside);
    expect(await notesOf('--as', 'rooms_was')).toMatch(/UPDATE and DELETE of its rows are refused/);
    expect(await notesOf()).not.toContain('publication');
    const places = await database.query(
      "SELECT tablename FROM pg_publication_tables WHERE tablename LIKE 'rooms%' ORDER BY 1",
    );
    expect(places).toEqual([{ tablename: 'rooms' }, { tablename: 'rooms_was' }]);
    await database.query('DROP TABLE rooms, rooms_was');
    expect(await notesOf('--dry-run')).toMatch(published('rooms'));
    expect(await notesOf()).toMatch(published('rooms'));
    await database.query('DROP PUBLICATION everything');
  });

  it('leaves no table without its keys behind when it fails halfway, so that the next try makes it whole', async () => {
    await database.query(
      'DROP TABLE patients CASCADE; CREATE TABLE patients_was (id int); CREATE INDEX patients_pkey ON patients_was (id)',
    );
    expectFailure(await restore(), { code: 'RESTORE_FAILED' });
    expect(await database.query("SELECT to_regclass('patients')::text AS found")).toEqual([
      { found: null },
    ]);
    await database.query('DROP TABLE patients_was');
    expect(await restore()).toMatchObject({ status: 0 });
    expect(
      await database.query(
        "SELECT count(*)::int AS keys FROM pg_constraint WHERE conrelid = 'patients'::regclass AND contype = 'p'",
      ),
    ).toEqual([{ keys: 1 }]);
  });
});
