import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Asked, askHoldfast, askPsql, oldestAndNewest } from '../fixtures/psql.ts';
import { type Pair, startPair } from '../fixtures/standby.ts';

const KIND = "SELECT CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE 'primary' END";

describe('a primary and its standby in one list of hosts', () => {
  let pair: Pair;
  let home: string;
  let programs: Asked[];

  beforeAll(async () => {
    pair = await startPair({ tools: inject('postgres').tools });
    home = await mkdtemp(join(tmpdir(), 'hf-standby-home-'));
    programs = await oldestAndNewest();
  });

  afterAll(async () => {
    await pair?.stop();
    if (home !== undefined) await rm(home, { recursive: true });
  });

  const words = 'user=holdfast_drill dbname=postgres';
  const inOrder = (first: 'primary' | 'standby') => {
    const { primary, standby } = pair.hosts;
    return first === 'primary' ? `${primary},${standby}` : `${standby},${primary}`;
  };

  it.each([
    ['any', 'primary', 'primary'],
    ['any', 'standby', 'standby'],
    ['read-write', 'standby', 'primary'],
    ['read-only', 'primary', 'standby'],
    ['primary', 'standby', 'primary'],
    ['standby', 'primary', 'standby'],
    ['prefer-standby', 'primary', 'standby'],
  ] as const)('with target_session_attrs=%s and the %s first: the %s is reached, as by psql', async (kind, first, expected) => {
    const url = `host=${inOrder(first)} ${words} target_session_attrs=${kind}`;
    const env = { PGHOST: inOrder(first), PGTARGETSESSIONATTRS: kind };
    for (const question of [{ url }, { url: words, env }]) {
      const asked = { ...question, home, sql: KIND };
      for (const program of programs) expect(await askPsql(program, asked)).toBe(expected);
      expect(await askHoldfast(asked)).toBe(expected);
    }
  });

  it('with prefer-standby and no standby: the primary is reached, as by psql', async () => {
    const url = `host=${pair.hosts.primary},/nonexistent ${words} target_session_attrs=prefer-standby`;
    const asked = { url, home, sql: KIND };
    for (const program of programs) expect(await askPsql(program, asked)).toBe('primary');
    expect(await askHoldfast(asked)).toBe('primary');
  });

  it('with load_balance_hosts=random both are reached, now one and now the other', async () => {
    const url = `host=${inOrder('primary')} ${words} load_balance_hosts=random`;
    const reached = new Set<string | undefined>();
    // 40 draws give only one of two with a probability of 2^-39.
    for (let draw = 0; draw < 40 && reached.size < 2; draw += 1)
      reached.add(await askHoldfast({ url, home, sql: KIND }));
    expect(reached).toEqual(new Set(['primary', 'standby']));
  });
});
