import { describe, expect, it } from 'vitest';
import { type ArchiveItem, refusalsOf } from '../../engine/domain/drill/refusals.ts';
import { judge } from '../../engine/domain/drill-report.ts';
import { parseCsv } from '../../engine/postgres/drill/error-log.ts';

function item(part: Partial<ArchiveItem>): ArchiveItem {
  return {
    ...{ dumpId: 1, type: 'TABLE', schema: 'public', tag: 'a' },
    ...{ catalogOid: 1259, oid: 0, owner: 'o' },
    ...{ definition: '', copyStatement: '', dependsOn: [], ...part },
  };
}

const refused = (statement: string, sqlState: string, message = '') => ({
  ...{ statement, sqlState, message, context: '' },
});

describe('refusalsOf', () => {
  const collation = item({ type: 'COLLATION', tag: 'c', definition: 'CREATE COLLATION c;\n' });
  const table = item({ dumpId: 2, definition: 'CREATE TABLE a ();\n\n', dependsOn: [1] });
  const rows = item({
    ...{ dumpId: -2, type: 'TABLE DATA', copyStatement: 'COPY a FROM stdin;\n' },
  });

  it('traces statements back to entries, and consequences back to their cause', () => {
    const found = refusalsOf(
      [
        refused('CREATE COLLATION c;', '22023'),
        refused('CREATE TABLE a ();', '42704'),
        refused('ALTER TABLE a OWNER TO b;', '42P01'),
        refused('COPY a FROM stdin;', '42P01'),
      ],
      [collation, table, rows],
    );
    expect(found.map((one) => [one.item?.type, one.cause.isOfSet])).toEqual([
      ['COLLATION', false],
      ['TABLE', false],
      ['TABLE DATA', false],
    ]);
  });

  it.each([
    ['a foreign server that does not answer', refused('x', '08001'), false],
    ['a foreign data wrapper', refused('x', 'HV00N'), false],
    ['memory', refused('x', '53200'), false],
    ['a library that is not there', refused('x', '58P01'), false],
    ['a dictionary file', refused('x', 'F0000'), false],
    [
      'a library to preload',
      refused('x', '55000', 'pgaudit must be loaded via shared_preload_libraries'),
      false,
    ],
    ['a program of the server', refused('x', '38000', 'program "curl" failed'), false],
    ['an error that a function raised', refused('x', 'P0001'), true],
    ['a table that is not there', refused('x', '42P01'), true],
    ['a value that a check refuses', refused('x', '23514'), true],
    ['bytes that are bad', refused('x', 'XX001'), true],
  ])('of %s: the fault of the set? %o', (_what, statement, isOfSet) => {
    expect(refusalsOf([statement], []).map(({ cause }) => cause.isOfSet)).toEqual([isOfSet]);
  });
});

describe('judge', () => {
  const check = (passed: boolean, isShown?: false) => ({
    ...{ name: 'x', detail: '', passed },
    ...(isShown === undefined ? {} : { isShown }),
  });

  it.each([
    [[], 'FAIL'],
    [[check(true)], 'PASS'],
    [[check(true), check(false)], 'FAIL'],
    [[check(true), check(false, false)], 'NOT SHOWN'],
    [[check(false), check(false, false)], 'FAIL'],
  ] as const)('of %j is %s', (checks, result) => {
    expect(judge(checks)).toBe(result);
  });
});

describe('parseCsv', () => {
  it("reads fields in quotes with commas, line feeds and quotes, as the server's log has them", () => {
    expect(parseCsv('a,,"b ""c"", d\ne",\nf,"",g\n')).toEqual([
      ['a', '', 'b "c", d\ne', ''],
      ['f', '', 'g'],
    ]);
  });
});
