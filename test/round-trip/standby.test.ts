import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { LogicalManifest } from '../../engine/domain/manifest.ts';
import { leftovers } from '../fixtures/aftermath.ts';
import { writeConfig } from '../fixtures/config.ts';
import { urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { startFreezingProxy } from '../fixtures/freezing-proxy.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { THOROUGH } from '../fixtures/majors.ts';
import { backUp, fileOf } from '../fixtures/set.ts';
import { type Pair, startPair } from '../fixtures/standby.ts';

const NOTES = `
  DROP TABLE IF EXISTS notes, cache; DROP SEQUENCE IF EXISTS counter;
  CREATE TABLE notes (id int PRIMARY KEY, note text);
  INSERT INTO notes SELECT n, repeat('x', 1000) FROM generate_series(1, 4000) n;
  CREATE UNLOGGED TABLE cache (id int); INSERT INTO cache VALUES (1), (2);
  CREATE SEQUENCE counter; SELECT nextval('counter');
  SELECT lo_from_bytea(0, 'x')`;

const majors = inject('postgres').majors.filter(({ major }) => THOROUGH.includes(major));

describe.each(majors)('a standby of PostgreSQL $major', (tools) => {
  let pair: Pair;
  let workspace: Workspace;

  beforeAll(async () => {
    pair = await startPair({ tools, standby: ['max_standby_streaming_delay=0'] });
    await pair.onPrimary('CREATE DATABASE ward');
    workspace = await makeWorkspace();
    await describeWard(pair.hosts.standby);
  });

  beforeEach(async () => {
    await pair.onPrimary(NOTES, 'ward');
    await pair.caughtUp();
  });

  afterAll(async () => {
    await workspace?.remove();
    await pair?.stop();
  });

  async function describeWard(standby: string): Promise<void> {
    await writeConfig(workspace, {
      databases: {
        ward: { url: urlOf(pair.hosts.primary, 'ward'), replica: { url: urlOf(standby, 'ward') } },
      },
      plans: { nightly: { source: 'replica' } },
      postgresBin: [tools.directory],
    });
  }

  it('is dumped, and its set says so and is proven like any other', async () => {
    const id = await backUp(workspace);
    const manifest = JSON.parse(
      await readFile(await fileOf(workspace, { id, name: 'manifest.json' }), 'utf8'),
    ) as LogicalManifest;
    expect(manifest.source).toMatchObject({ isStandby: true });
    expect(manifest.tables.find(({ name }) => name === 'notes')).toMatchObject({ rows: 4000 });
    expect(await workspace.run(['verify', id])).toMatchObject({ status: 0 });
    expect(await workspace.run(['drill', '--backup', id])).toMatchObject({ status: 0 });
    expect(
      (await workspace.objects()).filter((path) => path.includes(`${id}/proven-`)),
    ).toHaveLength(1);
  });

  it('has no rows of unlogged tables, which the manifest and the run say', async () => {
    const finished = await workspace.run(['backup', '--json']);
    const { id, notes } = finished.json<{ id: string; notes: string[] }>();
    expect(notes).toContain('left out: rows of cache (unlogged tables are empty on a standby)');
    const manifest = JSON.parse(
      await readFile(await fileOf(workspace, { id, name: 'manifest.json' }), 'utf8'),
    ) as LogicalManifest;
    expect(manifest.tables.find(({ name }) => name === 'cache')).toMatchObject({ rows: null });
    expect(await workspace.run(['show', 'ward/latest', '--json'])).toMatchObject({ status: 0 });
  });

  it.each([
    [
      'rows that the dump still sees are swept up',
      'DELETE FROM notes WHERE id > 1; VACUUM (FREEZE) notes',
    ],
    ['the table is altered', 'ALTER TABLE notes ADD COLUMN author text'],
  ])('cancels the dump when %s on the primary, for a passing reason', async (_what, statements) => {
    const proxy = await startFreezingProxy({ to: pair.hosts.standby, holdAfterBytes: 1_000_000 });
    await describeWard(proxy.host);
    const before = await leftovers(workspace);
    const running = workspace.start(['backup', '--json']);
    await Promise.race([
      proxy.held,
      running.finished.then(({ stderr }) => Promise.reject(new Error(stderr))),
    ]);
    for (const statement of statements.split(';')) await pair.onPrimary(statement, 'ward');
    await pair.settled();
    proxy.thaw();
    const { hint } = expectFailure(await running.finished, {
      code: 'RECOVERY_CONFLICT',
      status: 75,
    });
    expect(hint).toContain('hot_standby_feedback');
    expect(await leftovers(workspace)).toEqual(before);
    await proxy.stop();
    await describeWard(pair.hosts.standby);
    expect(await workspace.run(['backup'])).toMatchObject({ status: 0 });
  });
});
