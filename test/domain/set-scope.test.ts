import { describe, expect, it } from 'vitest';
import { fulfils, isSameWish, type PlanWish } from '../../engine/domain/plan-wish.ts';
import { scopeOf, standsInFor } from '../../engine/domain/set-scope.ts';
import { logicalManifest } from '../fixtures/manifests.ts';

interface Wish {
  contents?: 'all' | 'schema' | 'data';
  only?: string[];
  except?: string[];
  /** Partitions of the table `samples` at that time. */
  partitions?: string[];
}

/** A set of the tables users, samples and the partitions of samples. Who names samples means its partitions too, as a plan does. */
function scope({ contents = 'all', only, except = [], partitions = [] }: Wish) {
  const tables = [
    { schema: 'public', name: 'users', oid: 1, kind: 'table' as const, rows: 1 },
    { schema: 'public', name: 'samples', oid: 2, kind: 'partitioned' as const, rows: null },
    ...partitions.map((name, index) => ({
      schema: 'public',
      name,
      oid: 10 + index,
      kind: 'table' as const,
      partitionOf: 2,
      rows: 1,
    })),
  ];
  const named = (names: string[]) =>
    names
      .flatMap((name) => (name === 'samples' ? [name, ...partitions] : [name]))
      .map((name) => ({ schema: 'public', name }));
  const selection = {
    contents,
    tables: only === undefined ? null : named(only),
    excludedTables: named(except),
  };
  return scopeOf(logicalManifest({ tables, selection }));
}

const stands = (younger: Wish, older: Wish) => standsInFor(scope(younger), scope(older));

describe('a set stands in for an older one', () => {
  it('when it is whole, whatever the older one holds', () => {
    for (const older of [
      {},
      { contents: 'schema' },
      { contents: 'data' },
      { only: ['users'] },
      { except: ['users'] },
    ] as Wish[])
      expect(stands({}, older)).toBe(true);
  });

  it('not when it lacks the schema or the rows', () => {
    expect(stands({ contents: 'schema' }, {})).toBe(false);
    expect(stands({ contents: 'data' }, {})).toBe(false);
    expect(stands({ contents: 'data' }, { contents: 'schema' })).toBe(false);
    expect(stands({ contents: 'schema' }, { contents: 'data' })).toBe(false);
    expect(stands({ contents: 'schema', only: ['users'] }, { contents: 'schema' })).toBe(true);
  });

  it('not when it lacks a table', () => {
    expect(stands({ only: ['users'] }, {})).toBe(false);
    expect(stands({ only: ['users'] }, { only: ['users', 'samples'] })).toBe(false);
    expect(stands({ only: ['users', 'samples'] }, { only: ['users'] })).toBe(true);
    expect(stands({ except: ['users'] }, {})).toBe(false);
    expect(stands({ except: ['users'] }, { only: ['users'] })).toBe(false);
    expect(stands({ except: ['users'] }, { only: ['samples'] })).toBe(true);
    expect(stands({ except: ['users', 'samples'] }, { except: ['users'] })).toBe(false);
    expect(stands({ except: ['users'] }, { except: ['users', 'samples'] })).toBe(true);
  });

  it('also when partitions of a table that both name came and went', () => {
    const [then, now] = [
      { partitions: ['samples_1', 'samples_2'] },
      { partitions: ['samples_2', 'samples_3'] },
    ];
    expect(stands({ only: ['samples'], ...now }, { only: ['samples'], ...then })).toBe(true);
    expect(stands({ except: ['samples'], ...now }, { except: ['samples'], ...then })).toBe(true);
    expect(stands({ except: ['samples'], ...now }, { only: ['samples'], ...then })).toBe(false);
  });

  it('not when a partition that was named by itself is lacking', () => {
    const then = { partitions: ['samples_1', 'samples_2'] };
    expect(stands({ only: ['samples_2'], ...then }, { only: ['samples_1'], ...then })).toBe(false);
    expect(stands({ only: ['samples_1'], ...then }, { only: ['samples'], ...then })).toBe(false);
    expect(stands({ only: ['samples'], ...then }, { only: ['samples_1'], ...then })).toBe(true);
    expect(stands({ except: ['samples_1'], ...then }, { only: ['samples'], ...then })).toBe(false);
    expect(stands({ except: ['samples'], ...then }, { except: ['samples_1'], ...then })).toBe(
      false,
    );
    expect(stands({ except: ['samples_1'], ...then }, { except: ['samples'], ...then })).toBe(true);
  });
});

describe('a set fulfils its plan', () => {
  const tables = [
    { schema: 'public', name: 'users', oid: 1, kind: 'table' as const, rows: 1 },
    { schema: 'public', name: 'samples', oid: 2, kind: 'partitioned' as const, rows: null },
    {
      schema: 'public',
      name: 'samples_1',
      oid: 3,
      kind: 'table' as const,
      partitionOf: 2,
      rows: 1,
    },
    { schema: 'log', name: 'Visits', oid: 4, kind: 'table' as const, rows: 1 },
  ];
  const of = (schema: string, ...names: string[]) => names.map((name) => ({ schema, name }));
  const set = (
    selection: {
      contents?: 'all' | 'schema' | 'data';
      tables?: object[] | null;
      excludedTables?: object[];
    } = {},
  ) =>
    logicalManifest({
      tables,
      selection: { contents: 'all', tables: null, excludedTables: [], ...selection } as never,
    });
  const all: PlanWish = { contents: 'all' };

  it.each<
    [what: string, plan: PlanWish, selection: Parameters<typeof set>[0], isFulfilled: boolean]
  >([
    ['the whole of a whole plan', all, {}, true],
    ['only the schema', all, { contents: 'schema' }, false],
    ['only the rows', all, { contents: 'data' }, false],
    ['only some tables', all, { tables: of('public', 'users') }, false],
    ['all but some tables', all, { excludedTables: of('public', 'users') }, false],
    ['more than a schema plan asks for', { contents: 'schema' }, {}, true],
    [
      'the tables of the plan, with their partitions',
      { contents: 'all', tables: ['samples'] },
      { tables: of('public', 'samples', 'samples_1') },
      true,
    ],
    [
      'the tables of the plan, however they are written',
      { contents: 'all', tables: ['log."Visits"'] },
      { tables: of('log', 'Visits') },
      true,
    ],
    [
      'other tables',
      { contents: 'all', tables: ['users'] },
      { tables: of('log', 'Visits') },
      false,
    ],
    [
      'the tables from before the plan had more',
      { contents: 'all', tables: ['users', 'bills'] },
      { tables: of('public', 'users') },
      false,
    ],
    [
      'all but what the plan leaves out',
      { contents: 'all', excludeTables: ['samples', 'gone'] },
      { excludedTables: of('public', 'samples', 'samples_1') },
      true,
    ],
    [
      'all but a part of what the plan leaves out',
      { contents: 'all', excludeTables: ['samples'] },
      { excludedTables: of('public', 'samples_1') },
      true,
    ],
    [
      'less than what the plan leaves over',
      { contents: 'all', excludeTables: ['samples'] },
      { excludedTables: of('public', 'users') },
      false,
    ],
  ])('when it holds %s: %j, %j, %s', (_what, plan, selection, isFulfilled) => {
    expect(fulfils(set(selection), plan)).toBe(isFulfilled);
  });

  it('and a run is a one-off when it takes anything else', () => {
    expect(isSameWish({ contents: 'all', tables: undefined }, { contents: 'all' })).toBe(true);
    expect(isSameWish({ contents: 'schema' }, { contents: 'all' })).toBe(false);
    expect(isSameWish({ contents: 'all', excludeTables: ['users'] }, { contents: 'all' })).toBe(
      false,
    );
  });
});
