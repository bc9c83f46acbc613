import { describe, expect, it } from 'vitest';
import { judgeServers } from '../../engine/domain/health/servers.ts';
import { seenSet } from '../fixtures/seen-set.ts';

const FIRST = Date.parse('2026-11-01T02:00:00Z');
const DAY_MS = 86_400_000;

/** A set a day; a letter is the server that it came from, `?` a set whose manifest can't be read. */
const setsOf = (servers: string, database = 'clinic') =>
  [...servers].map((letter, day) =>
    seenSet(new Date(FIRST + day * DAY_MS), {
      database,
      systemIdentifier: letter === '?' ? null : `73000${letter}`,
      address: letter === '?' ? null : `${letter}:5432`,
    }),
  );
const judge = (servers: string) => judgeServers(setsOf(servers), { repository: 'local' });

describe('sets of one database that came from several servers', () => {
  it.each([
    ['of one server', 'aaa'],
    ['of a database that was moved, since its second backup there', 'aabb'],
    ['of a database that was moved twice', 'aabbcc'],
    ['of another server before a move, the rest of which was released', 'baa'],
    ['whose manifests can not be read', 'a?a'],
  ])('are nothing to speak of: %s', (_what, servers) => {
    expect(judge(servers)).toEqual([]);
  });

  it.each([
    ['the first backup after a move', 'aab', 2],
    ['the same where one between them can not be read', 'aa?b', 3],
    ['two machines that write in one folder', 'ababab', 5],
    ['the same, after one of them wrote twice', 'abaa', 2],
    ['the same, with a third one', 'abcbb', 3],
  ])('are warned of: %s', (_what, servers, change) => {
    const sets = setsOf(servers);
    expect(judge(servers)).toMatchObject([
      {
        ...{ plan: null, database: 'clinic', repository: 'local' },
        ...{ verdict: 'other-server', severity: 'warning' },
        since: sets[change]?.startedAt,
        set: sets[change]?.id,
      },
    ]);
  });

  it('are named with addresses and system identifiers, and what to do about them', () => {
    const [found] = judge('ab');
    expect(found?.detail).toMatch(
      /^20261102T\S+, taken .*, came from the server at b:5432 \(system identifier 73000b\), the set before it, 20261101T\S+, from the server at a:5432 \(system identifier 73000a\)$/,
    );
    expect(judge('aba')[0]?.detail).toMatch(/^sets of several servers take turns: /);
    expect(found?.hint).toMatch(/moved to a new server, nothing is to be done.*another name/);
  });

  it('are judged for each database by itself', () => {
    const sets = [...setsOf('aa', 'clinic'), ...setsOf('bb', 'billing')];
    expect(judgeServers(sets, { repository: 'local' })).toEqual([]);
  });
});
