import { describe, expect, it } from 'vitest';
import {
  entriesOfTables,
  rowsOfTables,
  valuesOfSequences,
} from '../../engine/domain/archive-choice.ts';
import { formatToc, parseToc } from '../../engine/domain/archive-toc.ts';
import { unrestorableForeignKeys } from '../../engine/domain/partial-restore.ts';

/** As `pg_restore --list --verbose` writes it, shortened. */
const LISTING = `;
; Archive created at 2026-11-22 02:00:00 UTC
;
; Selected TOC Entries:
;
2; 2615 2200 SCHEMA - public owner
210; 1259 16390 TABLE public users owner
;	depends on: 2
209; 1259 16389 SEQUENCE public users_id_seq owner
3400; 0 0 SEQUENCE OWNED BY public users_id_seq owner
;	depends on: 209 210
3201; 2604 16393 DEFAULT public users id owner
;	depends on: 210 209 210
220; 1259 16400 TABLE public users log owner
;	depends on: 2
230; 1259 16410 VIEW public user names owner
;	depends on: 210
3300; 2606 16395 CONSTRAINT public users users_pkey owner
;	depends on: 210
3301; 2606 16405 CONSTRAINT public users log log_pkey owner
;	depends on: 220
3310; 1259 16396 INDEX public users_name_idx owner
;	depends on: 210
3320; 2606 16406 FK CONSTRAINT public users log users log_user_fkey owner
;	depends on: 3300 220 210
3330; 0 0 ACL public TABLE users owner
;	depends on: 210
3331; 0 0 COMMENT public TABLE users owner
;	depends on: 210
3340; 2620 16420 TRIGGER public users users_touch owner
;	depends on: 210
`;
const DATA = `3500; 0 16390 TABLE DATA public users owner
3501; 0 16400 TABLE DATA public users log owner
3510; 0 16389 SEQUENCE SET public users_id_seq owner
`;
const toc = parseToc(LISTING);
const users = { schema: 'public', name: 'users', oid: 16390 };
const usersLog = { schema: 'public', name: 'users log', oid: 16400 };
const typesOf = (table: typeof users) =>
  entriesOfTables(toc, { tables: [table], all: [users, usersLog] }).map(
    ({ type, rest }) => `${type} ${rest}`,
  );

describe('the table of contents of an archive', () => {
  it('is read with types of several words and dependencies', () => {
    expect(toc.find(({ dumpId }) => dumpId === 3320)).toMatchObject({
      type: 'FK CONSTRAINT',
      catalogOid: 2606,
      dependsOn: [3300, 220, 210],
    });
    expect(toc).toHaveLength(14);
  });

  it('goes back to pg_restore as the same lines', () => {
    expect(parseToc(formatToc(toc)).map(({ dumpId }) => dumpId)).toEqual(
      toc.map(({ dumpId }) => dumpId),
    );
  });

  it('gives a table with all that belongs to it', () => {
    expect(typesOf(users)).toEqual([
      'TABLE public users owner',
      'SEQUENCE public users_id_seq owner',
      'SEQUENCE OWNED BY public users_id_seq owner',
      'DEFAULT public users id owner',
      'CONSTRAINT public users users_pkey owner',
      'INDEX public users_name_idx owner',
      'ACL public TABLE users owner',
      'COMMENT public TABLE users owner',
      'TRIGGER public users users_touch owner',
    ]);
  });

  it('leaves a view on the table and the foreign key of another table where they are', () => {
    expect(typesOf(users).join()).not.toMatch(/VIEW|FK CONSTRAINT/);
  });

  it('gives a table its own foreign keys, although its name begins with that of another', () => {
    expect(typesOf(usersLog)).toContain('FK CONSTRAINT public users log users log_user_fkey owner');
  });

  it('gives a table of a schema whose name goes on like that of another table its own foreign keys', () => {
    const split = parseToc(`210; 1259 1 TABLE s t u owner
220; 1259 2 TABLE s t u v owner
3300; 2606 3 CONSTRAINT s t u pkey owner
;	depends on: 210
3320; 2606 4 FK CONSTRAINT s t u v fkey owner
;	depends on: 3300 220 210
`);
    const all = [
      { schema: 's', name: 't u', oid: 1 },
      { schema: 's t u', name: 'v', oid: 2 },
    ];
    const keysOf = (table: (typeof all)[number]) =>
      entriesOfTables(split, { tables: [table], all }).filter(
        ({ type }) => type === 'FK CONSTRAINT',
      );
    expect(all.map((table) => keysOf(table).length)).toEqual([0, 1]);
  });

  it('finds rows and sequence values in the data archive by oid', () => {
    const data = parseToc(DATA);
    expect(rowsOfTables(data, [users]).map(({ dumpId }) => dumpId)).toEqual([3500]);
    expect(
      valuesOfSequences(
        data,
        entriesOfTables(toc, { tables: [users], all: [users, usersLog] }),
      ).map(({ dumpId }) => dumpId),
    ).toEqual([3510]);
  });
});

describe('a set without the rows of some tables', () => {
  const table = (one: typeof users, rows: number | null) => ({
    ...one,
    kind: 'table' as const,
    rows,
  });

  it('can not have the foreign keys between tables with and tables without rows', () => {
    expect(
      unrestorableForeignKeys(toc, [table(users, null), table(usersLog, 3)]).map(
        ({ dumpId }) => dumpId,
      ),
    ).toEqual([3320]);
  });

  it('keeps the foreign keys among tables that are both there, or both not', () => {
    expect(unrestorableForeignKeys(toc, [table(users, 1), table(usersLog, 3)])).toEqual([]);
    expect(unrestorableForeignKeys(toc, [table(users, null), table(usersLog, null)])).toEqual([]);
  });
});
