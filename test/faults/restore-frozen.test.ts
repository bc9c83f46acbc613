import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { HoldfastError } from '../../engine/errors.ts';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { Session } from '../../engine/postgres/session.ts';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { databaseNamed } from '../fixtures/database.ts';
import { type FreezingProxy, startFreezingProxy } from '../fixtures/freezing-proxy.ts';
import { type Scene, setScene } from '../fixtures/scene.ts';

/** An index that takes longer than a connection may stand still, where a restore builds it. */
const SLOW_INDEX = `
  CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
    BEGIN
      IF pg_catalog.current_setting('application_name') ~ '^holdfast'
      THEN PERFORM pg_catalog.pg_sleep(4); END IF;
      RETURN $1;
    END $$;
  CREATE TABLE slow (n int); INSERT INTO slow VALUES (1); CREATE INDEX ON slow (slow(n))`;

describe('a restore on which nothing moves', () => {
  let scene: Scene;
  let proxy: FreezingProxy;
  let number = 0;
  let target: string;

  beforeAll(async () => {
    scene = await setScene({ sql: SLOW_INDEX, plans: { nightly: { stallTimeout: '2s' } } });
    expect(await scene.workspace.run(['backup', '--json'])).toMatchObject({ status: 0 });
  });

  beforeEach(async () => {
    proxy = await startFreezingProxy({ to: inject('postgres').host });
    number += 1;
    target = `${scene.database.name}_again${number}`;
    return () => proxy.stop();
  });

  afterAll(async () => {
    const server = databaseNamed('postgres');
    const made = await server.query<{ name: string }>(
      "SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1 || '_again')",
      [scene.database.name],
    );
    for (const { name } of made) await server.query(`DROP DATABASE "${name}" WITH (FORCE)`);
    await scene.remove();
  });

  const restore = () => {
    const to = `postgresql://holdfast_drill@/${target}?host=${proxy.host}`;
    return scene.start(['restore', 'latest', '--to', to, '--create', '--json']);
  };
  const buildsIndex = () =>
    vi.waitFor(
      async () =>
        expect(
          await databaseNamed('postgres').query(
            "SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND starts_with(datname, $1)",
            [target.slice(0, 20)],
          ),
        ).not.toEqual([]),
      { timeout: 60_000 },
    );

  it('ends well when the server works longer than that', async () => {
    const finished = await restore().finished;
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
  });

  it('fails when the server does not answer any more, and says what stays there', async () => {
    const { finished } = restore();
    await buildsIndex();
    proxy.freeze();
    const { status, error } = await finished;
    expect({ status, ...error() }).toMatchObject({
      status: 1,
      code: 'CONNECTION_FROZEN',
      message: expect.stringMatching(
        /^the connection to the server stood still for 2 s; database \S+_unfinished_\S+.* stays/,
      ),
    });
  });
});

describe('a program that stands still', () => {
  it('ends the verification that gave it a set to read', async () => {
    const scene = await setScene({ plans: { nightly: { stallTimeout: '1s' } } });
    try {
      expect(await scene.workspace.run(['backup', '--json'])).toMatchObject({ status: 0 });
      const folder = await stoppingPrograms(scene.workspace.folder);
      const env = { HOLDFAST_POSTGRES_BIN: folder };
      const { status, error } = await scene.workspace.run(['verify', 'latest', '--json'], env);
      expect({ status, ...error() }).toMatchObject({
        status: 75,
        code: 'CONNECTION_FROZEN',
        message: 'pg_restore stood still for 1 s',
      });
    } finally {
      await scene.remove();
    }
  });
});

/** The real programs, of which pg_restore stops as by SIGSTOP when it is given an archive. */
async function stoppingPrograms(workspace: string): Promise<string> {
  const { directory } = inject('postgres').tools;
  const folder = join(workspace, 'bin');
  await mkdir(folder);
  for (const name of ['pg_dump', 'pg_dumpall', 'psql'])
    await symlink(join(directory, name), join(folder, name));
  const script = `#!/bin/sh
case $1 in --file=*) kill -STOP $$ ;; esac
exec '${join(directory, 'pg_restore')}' "$@"
`;
  await writeFile(join(folder, 'pg_restore'), script);
  await chmod(join(folder, 'pg_restore'), 0o755);
  return folder;
}

async function open(host: string): Promise<Session> {
  const url = `postgresql://holdfast_drill@/postgres?host=${host}`;
  const settings = await resolveConnection({ url }, { layers: [] });
  const watch = { stallTimeoutSeconds: 1 };
  return Session.open({ ...settings, watch }, { applicationName: 'holdfast test' });
}

describe('a statement', () => {
  it('may take longer than a connection may stand still', async () => {
    const session = await open(inject('postgres').host);
    try {
      await session.query('SELECT pg_catalog.pg_sleep(3)');
    } finally {
      await session.end();
    }
  });

  it('loses the session when nobody answers', async () => {
    const proxy = await startFreezingProxy({ to: inject('postgres').host });
    const session = await open(proxy.host);
    try {
      const lost: string[] = [];
      session.onLost(({ code }) => lost.push(code));
      proxy.freeze();
      const frozen = { code: 'CONNECTION_FROZEN' };
      await expect(session.query('SELECT 1')).rejects.toMatchObject(frozen);
      await expect(session.query('SELECT 1')).rejects.toMatchObject(frozen);
      expect(lost).toEqual(['CONNECTION_FROZEN']);
    } finally {
      proxy.thaw();
      await session.end();
      await proxy.stop();
    }
  });
});

describe('a statement on a server that has no connection left', () => {
  let server: ThrowAwayServer;
  let host: string;
  let others: pg.Client[];

  beforeAll(async () => {
    server = await ThrowAwayServer.start({
      tools: inject('postgres').tools,
      signal: new AbortController().signal,
      settings: ['max_connections=4', 'superuser_reserved_connections=0'],
    });
    host = server.connection().host;
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    others = [];
    return () => Promise.all(others.map((client) => client.end()));
  });

  const takeTheRest = async () => {
    const database = databaseNamed('postgres', { host });
    while (others.length < 3) others.push(await database.connect());
    await expect(database.connect()).rejects.toMatchObject({ code: '53300' });
  };

  it('is no stall while the server works on it', async () => {
    const session = await open(host);
    try {
      await takeTheRest();
      await session.query('SELECT pg_catalog.pg_sleep(4)');
    } finally {
      await session.end();
    }
  });

  it('is a stall once a connection is free for a look, where nothing comes back', async () => {
    const proxy = await startFreezingProxy({ to: host });
    const session = await open(proxy.host);
    try {
      await takeTheRest();
      proxy.freezeThese();
      const answer = session.query('SELECT 1').then(
        () => 'an answer',
        (error: HoldfastError) => error.code,
      );
      expect(await Promise.race([answer, sleep(3_000, 'waits')])).toBe('waits');
      await others.pop()?.end();
      expect(await answer).toBe('CONNECTION_FROZEN');
    } finally {
      proxy.thaw();
      await session.end();
      await proxy.stop();
    }
  });
});
