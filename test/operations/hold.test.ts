import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditRecords } from '../fixtures/aftermath.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import type { Workspace } from '../fixtures/holdfast.ts';
import { decisionOf, plantFile, prune, run, shortKeepWorkspace } from '../fixtures/pruned.ts';
import { backUp, fileOf, stateOf } from '../fixtures/set.ts';

describe('hold, unhold and accept', () => {
  let database: TestDatabase;
  let template: Workspace;
  let workspace: Workspace;
  /** Would be released: its keep has passed, and the younger one is CHECKED. */
  let older: string;
  let younger: string;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
    template = await shortKeepWorkspace(database);
    [older, younger] = [await backUp(template), await backUp(template)];
    await run(template, ['verify', younger]);
    await sleep(1_000);
  });
  afterAll(async () => {
    await template.remove();
    await database.drop();
  });
  beforeEach(async () => {
    workspace = await shortKeepWorkspace(database, { like: template });
  });
  afterEach(() => workspace.remove());

  it('keep a set from retention until it is left to it again, however fast they follow each other', async () => {
    for (const command of ['hold', 'unhold', 'hold', 'unhold', 'hold']) await run(workspace, [command, older]);
    expect(decisionOf(await prune(workspace, { isApplied: true }), older)).toBe('keep held');
    await run(workspace, ['unhold', older]);
    await prune(workspace, { isApplied: true });
    expect(await stateOf(workspace, older)).toBeUndefined();
  });

  it('say who and why, in the mark and in the audit record', async () => {
    const finished = await workspace.run(['hold', older, '--reason', 'case 4711', '--json']);
    expect(finished.json()).toEqual({ id: older, plan: 'default', database: 'clinic', repositories: ['local'], reason: 'case 4711' });
    const mark = (await workspace.objects()).find((path) => path.includes(`${older}/hold-`)) ?? '';
    const content = JSON.parse(await readFile(join(workspace.backups, mark), 'utf8')) as Record<string, unknown>;
    expect(content).toMatchObject({ reason: 'case 4711', by: { type: 'user', name: expect.stringMatching(/\w/) } });
    expect((await auditRecords(workspace)).at(-1)).toMatchObject({
      operation: 'hold',
      backup: older,
      status: 'success',
      notes: 'case 4711',
    });
  });

  it('mark every copy of a set', async () => {
    const { backups } = workspace;
    const config = {
      project: 'test',
      databases: { clinic: { fromEnvironment: true } },
      repositories: { here: { folder: backups }, there: { folder: join(workspace.folder, 'there') } },
      plans: { default: { keep: '1s', repositories: ['here'] } },
    };
    await writeFile(join(workspace.folder, 'holdfast.yaml'), JSON.stringify(config));
    await run(workspace, ['copy', older, '--to', 'there']);
    const held = (await workspace.run(['hold', older, '--json'])).json<{ repositories: string[] }>();
    expect(held.repositories).toEqual(['here', 'there']);
    const { repositories } = (await workspace.run(['prune', '--json'])).json<{
      repositories: { sets: { id: string; reasons: object[] }[] }[];
    }>();
    for (const { sets } of repositories)
      expect(sets.find(({ id }) => id === older)?.reasons).toContainEqual(expect.objectContaining({ code: 'held' }));
  });

  it('say that retention was faster', async () => {
    await plantFile(workspace, `default/clinic/${older}/released-20261123T000000Z.json`, { daysAgo: 0 });
    const { hint } = expectFailure(await workspace.run(['hold', older, '--json']), { code: 'SET_RELEASED' });
    expect(hint).toContain('docs/RETENTION.md');
    expect((await auditRecords(workspace)).at(-1)).toMatchObject({ operation: 'hold', status: 'failed', error: { code: 'SET_RELEASED' } });
  });

  it('do nothing to a set that was not held', async () => {
    const { stdout } = await workspace.run(['unhold', older]);
    expect(stdout).toBe(`${older} was not held\n`);
    expect((await workspace.objects()).filter((path) => path.includes('unhold-'))).toEqual([]);
  });

  it('end the freeze of a suspicion, and refuse where there is none', async () => {
    await writeFile(await fileOf(workspace, { id: younger, name: 'data.dump.zst.esdk' }), 'rotten');
    await run(workspace, ['backup']);
    expect(await workspace.run(['verify', younger])).toMatchObject({ status: 1 });
    await run(workspace, ['verify', 'latest']);
    expect(decisionOf(await prune(workspace), older)).toBe('keep frozen');
    await run(workspace, ['accept', younger, '--reason', 'the disk was replaced']);
    expect(await stateOf(workspace, younger)).toBe('CHECKED');
    expect(decisionOf(await prune(workspace), older)).toBe('release keep-passed succeeded');
    expectFailure(await workspace.run(['accept', younger, '--json']), { code: 'SET_NOT_SUSPECT' });
  });

  it('need no key', async () => {
    const finished = await workspace.run(['hold', older], { HOLDFAST_KEY_FILE: join(workspace.folder, 'none') });
    expect(finished, finished.stderr).toMatchObject({ status: 0, stdout: `${older} is held in local\n` });
  });
});
