import { describe, expect, it } from 'vitest';
import { alteredTable } from '../../engine/domain/archive/altered-table.ts';
import { columnListOf } from '../../engine/domain/archive/column-list.ts';
import { copyTargetOf } from '../../engine/domain/archive/copy-target.ts';
import { describeEntry } from '../../engine/domain/archive/describe-entry.ts';
import {
  entriesOfOthers,
  entriesOfTables,
  rowsOfTables,
  valuesOfSequences,
} from '../../engine/domain/archive-choice.ts';
import { formatToc, type TocEntry } from '../../engine/domain/archive-toc.ts';
import { unrestorableForeignKeys } from '../../engine/domain/partial-restore.ts';

type Draft = Partial<TocEntry> & Pick<TocEntry, 'dumpId' | 'type' | 'tag'>;

const entry = (draft: Draft): TocEntry => ({
  ...{ catalogOid: 0, oid: 0, schema: 'public', owner: 'owner', definition: '', dependsOn: [] },
  ...draft,
});
const table = (dumpId: number, schema: string, tag: string): TocEntry =>
  entry({ dumpId, type: 'TABLE', tag, schema, catalogOid: 1259, oid: dumpId + 10_000 });

const users = table(210, 'public', 'users');
const usersLog = table(220, 'public', 'users log');
const TOC: TocEntry[] = [
  entry({ dumpId: 2, type: 'SCHEMA', tag: 'public', schema: '' }),
  users,
  usersLog,
  entry({ dumpId: 209, type: 'SEQUENCE', tag: 'users_id_seq', dependsOn: [210] }),
  entry({
    ...{ dumpId: 300, type: 'SEQUENCE OWNED BY', tag: 'users_id_seq', dependsOn: [209] },
    definition: 'ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;\n',
  }),
  entry({
    ...{ dumpId: 301, type: 'DEFAULT', tag: 'users id', dependsOn: [210, 209] },
    definition:
      "ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('x'::regclass);\n",
  }),
  entry({
    ...{ dumpId: 302, type: 'DEFAULT', tag: 'users log id', dependsOn: [220, 209] },
    definition: 'ALTER TABLE ONLY public."users log" ALTER COLUMN id SET DEFAULT 1;\n',
  }),
  entry({ dumpId: 303, type: 'VIEW', tag: 'user names', dependsOn: [210] }),
  entry({
    ...{ dumpId: 310, type: 'CONSTRAINT', tag: 'users users_pkey', dependsOn: [210] },
    definition: 'ALTER TABLE ONLY public.users\n    ADD CONSTRAINT users_pkey PRIMARY KEY (id);\n',
  }),
  entry({
    ...{ dumpId: 311, type: 'INDEX', tag: 'users_name_idx', dependsOn: [210] },
    definition: 'CREATE UNIQUE INDEX users_name_idx ON public.users USING btree (lower(name));\n',
  }),
  entry({
    ...{
      dumpId: 312,
      type: 'FK CONSTRAINT',
      tag: 'users log log users',
      dependsOn: [310, 220, 210],
    },
    definition:
      'ALTER TABLE ONLY public."users log"\n    ADD CONSTRAINT "log users" FOREIGN KEY (u) REFERENCES public.users(id);\n',
  }),
  entry({ dumpId: 313, type: 'ACL', tag: 'TABLE users', dependsOn: [210] }),
  entry({ dumpId: 314, type: 'COMMENT', tag: 'COLUMN users.id', dependsOn: [210] }),
  entry({
    ...{ dumpId: 315, type: 'TRIGGER', tag: 'users touch', dependsOn: [210] },
    definition:
      'CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF a, "ON b" ON public.users FOR EACH ROW EXECUTE FUNCTION public.t();\n',
  }),
  entry({
    ...{ dumpId: 316, type: 'TRIGGER', tag: 'users log far', dependsOn: [210, 220] },
    definition:
      'CREATE CONSTRAINT TRIGGER far AFTER INSERT ON public."users log" FROM public.users FOR EACH ROW EXECUTE FUNCTION public.t();\n',
  }),
  entry({
    ...{ dumpId: 317, type: 'POLICY', tag: 'users log of users', dependsOn: [210, 220] },
    definition:
      'CREATE POLICY "of users" ON public."users log" USING ((EXISTS ( SELECT FROM public.users)));\n',
  }),
  entry({
    ...{ dumpId: 318, type: 'RULE', tag: 'users log log', dependsOn: [210, 220] },
    definition:
      'CREATE RULE log AS\n    ON INSERT TO public."users log" DO ALSO  INSERT INTO public.users DEFAULT VALUES;\n',
  }),
  entry({
    ...{ dumpId: 319, type: 'RULE', tag: 'user view _RETURN', dependsOn: [210] },
    definition:
      'CREATE OR REPLACE VIEW public."user view" AS\n SELECT id FROM public.users GROUP BY id;\n',
  }),
  entry({
    ...{ dumpId: 320, type: 'STATISTICS', tag: 'of_users', dependsOn: [210] },
    definition:
      'CREATE STATISTICS public.of_users ON EXTRACT(year FROM born), name FROM public.users;\n',
  }),
  entry({
    ...{ dumpId: 321, type: 'PUBLICATION TABLE', tag: 'all users', dependsOn: [210] },
    definition: 'ALTER PUBLICATION "all" ADD TABLE ONLY public.users;\n',
  }),
];
const idsOf = (entries: readonly TocEntry[]) => entries.map(({ dumpId }) => dumpId);
const chosenFor = (one: TocEntry) => entriesOfTables(TOC, { tables: [one] });

describe('the table of contents of an archive', () => {
  it('goes to pg_restore as dump ids, without a name in it', () => {
    expect(formatToc(TOC.slice(0, 3))).toBe('2;\n210;\n220;\n');
  });

  it('gives a table with all that belongs to it', () => {
    const own = [210, 209, 300, 301, 310, 311, 313, 314, 315, 320, 321];
    expect(idsOf(chosenFor(users))).toEqual(own);
    expect(idsOf(chosenFor(usersLog))).toEqual([220, 302, 312, 316, 317, 318]);
  });

  it('leaves what changes other tables and views where it is, and lists it', () => {
    expect(idsOf(entriesOfOthers(TOC, chosenFor(users)))).toEqual([
      302, 303, 312, 316, 317, 318, 319,
    ]);
  });

  it('tells apart tables whose schema, name and constraint read alike when they are joined', () => {
    const one = table(10, 's', 't u');
    const two = table(11, 's t u', 'v');
    const primary = entry({ dumpId: 12, type: 'CONSTRAINT', tag: 't u pkey', dependsOn: [10] });
    const key = entry({
      ...{
        dumpId: 13,
        type: 'FK CONSTRAINT',
        schema: 's t u',
        tag: 'v key',
        dependsOn: [12, 11, 10],
      },
      definition:
        'ALTER TABLE ONLY "s t u".v\n    ADD CONSTRAINT key FOREIGN KEY (a) REFERENCES s."t u"(a);\n',
    });
    const toc = [one, two, primary, key];
    const keysOf = (of: TocEntry) =>
      entriesOfTables(toc, { tables: [of] }).filter(({ type }) => type === 'FK CONSTRAINT');
    expect([keysOf(one).length, keysOf(two).length]).toEqual([0, 1]);
  });

  it('finds rows by oid, and sequence values by schema and name apart', () => {
    const data = [
      entry({ dumpId: 1, type: 'TABLE DATA', tag: 'users', oid: users.oid }),
      entry({ dumpId: 2, type: 'TABLE DATA', tag: 'users', oid: usersLog.oid }),
      entry({ dumpId: 3, type: 'SEQUENCE SET', schema: 'app', tag: 'log entries_id_seq' }),
      entry({ dumpId: 4, type: 'SEQUENCE SET', schema: 'app log', tag: 'entries_id_seq' }),
    ];
    expect(idsOf(rowsOfTables(data, [users]))).toEqual([1]);
    const made = [entry({ dumpId: 9, type: 'SEQUENCE', schema: 'app', tag: 'log entries_id_seq' })];
    expect(idsOf(valuesOfSequences(data, made))).toEqual([3]);
  });
});

describe('the SQL of an entry', () => {
  const alters = (definition: string) => alteredTable({ definition });

  it('names the table that it changes, whatever its names hold', () => {
    expect(
      alters('ALTER TABLE ONLY "a ""ON"" b"."c.d"\n    ADD CONSTRAINT x CHECK (true);'),
    ).toEqual({
      schema: 'a "ON" b',
      name: 'c.d',
    });
    expect(alters('\nALTER TABLE s.t ENABLE ALWAYS TRIGGER x;\n')?.name).toBe('t');
    expect(alters('ALTER FOREIGN TABLE ONLY s.f ALTER COLUMN a SET DEFAULT 1;')?.name).toBe('f');
    expect(alters("CREATE FUNCTION f() RETURNS int AS 'ALTER TABLE s.t';")).toBeUndefined();
    expect(alters('ALTER DOMAIN s.d\n    ADD CONSTRAINT x CHECK (true);')).toBeUndefined();
  });

  const made = (tag: string, definition: string, type = 'TABLE') =>
    entry({ dumpId: 1, type, tag, schema: 's', definition });

  it('gives the columns of a table, whatever is in its constants', () => {
    const columns = [
      "a text DEFAULT 'x\n),'::text",
      '"b ), c" numeric(3,1)',
      "d text DEFAULT E'\\'),'",
    ];
    const definition = `CREATE UNLOGGED TABLE s.t (\n    ${columns.join(',\n    ')}\n)\nPARTITION BY LIST (a);`;
    expect(columnListOf(made('t', definition), [])).toEqual(columns);
    expect(columnListOf(made('t', 'CREATE TABLE s.t (\n);'), [])).toEqual([]);
  });

  it('gives the columns of the parents and of the type of a table', () => {
    const toc = [
      made('one', 'CREATE TABLE s.one (\n    a integer,\n    CONSTRAINT x CHECK ((a > 0))\n);'),
      made(
        'two',
        'CREATE TABLE s.two (\n    b integer,\n    "CONSTRAINT" text\n)\nINHERITS (s.one);',
      ),
      made('kind', 'CREATE TYPE s.kind AS (\n\ta integer,\n\tb text\n);', 'TYPE'),
    ];
    const child = 'CREATE TABLE s.t (\n    a integer DEFAULT 1,\n    c text\n)\nINHERITS (s.two);';
    expect(columnListOf(made('t', child), toc)).toEqual([
      ...['a integer DEFAULT 1', 'b integer', '"CONSTRAINT" text', 'c text'],
    ]);
    const typed = 'CREATE TABLE s.t OF s.kind (\n    a WITH OPTIONS NOT NULL\n);';
    expect(columnListOf(made('t', typed), toc)).toEqual(['a integer', 'b text']);
    expect(columnListOf(made('t', child), [])).toBeUndefined();
  });

  it('names the table and the columns of a COPY', () => {
    expect(
      copyTargetOf('COPY "s\nCOPY x (y) FROM stdin;"."t (u)" (a, "b) c") FROM stdin;\n'),
    ).toEqual({
      table: { schema: 's\nCOPY x (y) FROM stdin;', name: 't (u)' },
      columns: '(a, "b) c")',
    });
    expect(copyTargetOf('COPY s.t  FROM stdin;\n')?.columns).toBe('');
  });
});

describe('an entry for people', () => {
  it('is told with its type, its name and its table', () => {
    const shown = TOC.filter(({ dumpId }) => [210, 312, 314, 315].includes(dumpId)).map(
      describeEntry,
    );
    expect(shown).toEqual([
      'TABLE users',
      'FK CONSTRAINT log users of table "users log"',
      'COMMENT of COLUMN users.id in schema public',
      'TRIGGER touch of table users',
    ]);
    expect(
      describeEntry(entry({ dumpId: 1, type: 'FUNCTION', tag: 'f(a "b")', schema: 'util' })),
    ).toBe('FUNCTION util.f(a "b")');
    expect(describeEntry(entry({ dumpId: 1, type: 'VIEW', tag: 'a\nb' }))).toBe('VIEW "a b"');
  });
});

describe('a set without the rows of some tables', () => {
  const counted = ({ schema, tag, oid }: TocEntry, rows: number | null) => ({
    ...{ schema, name: tag, oid, rows },
    kind: 'table' as const,
  });

  it('can not have the foreign keys between tables with and tables without rows', () => {
    const tables = [counted(users, null), counted(usersLog, 3)];
    expect(idsOf(unrestorableForeignKeys(TOC, tables))).toEqual([312]);
  });

  it('keeps the foreign keys among tables that are both there, or both not', () => {
    for (const rows of [[1, 3] as const, [null, null] as const])
      expect(
        unrestorableForeignKeys(TOC, [counted(users, rows[0]), counted(usersLog, rows[1])]),
      ).toEqual([]);
  });
});
