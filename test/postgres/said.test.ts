import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sayMessage, sayOutput } from '../../engine/postgres/said.ts';

const CANARY = 'Canary Jones 1978-03-11';

describe('the filter on what PostgreSQL says', () => {
  it('keeps what names things: roles, tables, constraints, versions', () => {
    const kept = [
      'permission denied for table patients',
      'relation "public.patients" does not exist',
      'password authentication failed for user "backup"',
      'duplicate key value violates unique constraint "patients_pkey"',
      'aborting because of server version mismatch',
      'could not open extension control file "/usr/share/postgresql/15/extension/x.control": No such file or directory',
      'role "clinic_owner" does not exist',
      'canceling statement due to lock timeout',
    ];
    for (const message of kept) expect(sayMessage(message)).toBe(message);
  });

  it('takes values out of messages that quote them', () => {
    expect(sayMessage(`invalid input syntax for type integer: "${CANARY}"`)).not.toContain(
      'Canary',
    );
    expect(sayMessage(`invalid input value for enum mood: "${CANARY}"`)).not.toContain('Canary');
    expect(sayMessage(`date/time field value out of range: "${CANARY}"`)).not.toContain('Canary');
    expect(sayMessage(`value "${CANARY}" is out of range for type integer`)).not.toContain(
      'Canary',
    );
  });

  it('withholds what an application may have raised, whole', () => {
    for (const raised of [
      `patient ${CANARY} is not allowed`,
      CANARY,
      `patient ${CANARY}: relation "x" does not exist`,
    ])
      expect(sayMessage(raised)).not.toContain('Canary');
  });

  it('drops the lines that quote rows', () => {
    const output = [
      'pg_restore: error: could not execute query: ERROR:  duplicate key value violates unique constraint "patients_pkey"',
      `DETAIL:  Key (name)=(${CANARY}) already exists.`,
      `CONTEXT:  COPY patients, line 7: "7\t${CANARY}"`,
      `Command was: INSERT INTO patients VALUES ('${CANARY}')`,
      `STATEMENT:  SELECT '${CANARY}'`,
      `LINE 1: SELECT '${CANARY}'`,
      `QUERY:  SELECT '${CANARY}'`,
      `HINT:  Perhaps ${CANARY}`,
    ].join('\n');
    expect(sayOutput(output)).toBe(
      'duplicate key value violates unique constraint "patients_pkey"',
    );
  });

  it('says nothing of a canary in the place of any quoted value', () => {
    const template = fc.constantFrom(
      'invalid input syntax for type json: ',
      'value too long for type character varying(3): ',
      'new row for relation "t" violates check constraint "c": ',
      '',
    );
    fc.assert(
      fc.property(template, fc.constantFrom('"', "'", ''), (text, quote) => {
        fc.pre(text === '' || quote !== '');
        expect(sayMessage(`${text}${quote}${CANARY}${quote}`)).not.toContain('Canary');
      }),
    );
  });

  it('keeps the last few of many errors, each once', () => {
    const lines = Array.from(
      { length: 50 },
      (_, index) => `pg_dump: error: permission denied for table t${index % 10}`,
    );
    expect(sayOutput(lines.join('\n')).split('; ')).toHaveLength(4);
  });
});
