import { describe, expect, it } from 'vitest';
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
    ...partitions.map((name, index) => ({ schema: 'public', name, oid: 10 + index, kind: 'table' as const, partitionOf: 2, rows: 1 })),
  ];
  const named = (names: string[]) =>
    names.flatMap((name) => (name === 'samples' ? [name, ...partitions] : [name])).map((name) => ({ schema: 'public', name }));
  const selection = { contents, tables: only === undefined ? null : named(only), excludedTables: named(except) };
  return scopeOf(logicalManifest({ tables, selection }));
}

const stands = (younger: Wish, older: Wish) => standsInFor(scope(younger), scope(older));

describe('a set stands in for an older one', () => {
  it('when it is whole, whatever the older one holds', () => {
    for (const older of [{}, { contents: 'schema' }, { contents: 'data' }, { only: ['users'] }, { except: ['users'] }] as Wish[])
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
    const [then, now] = [{ partitions: ['samples_1', 'samples_2'] }, { partitions: ['samples_2', 'samples_3'] }];
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
    expect(stands({ except: ['samples'], ...then }, { except: ['samples_1'], ...then })).toBe(false);
    expect(stands({ except: ['samples_1'], ...then }, { except: ['samples'], ...then })).toBe(true);
  });
});
