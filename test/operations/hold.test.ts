import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { basicTime } from '../../engine/domain/backup-id.ts';
import { auditRecords } from '../fixtures/aftermath.ts';
import { awsEnvironment, makeBucket } from '../fixtures/aws.ts';
import { expectFailure } from '../fixtures/failure.ts';
import type { Workspace } from '../fixtures/holdfast.ts';
import {
  decisionOf,
  plantMark as plantGenuine,
  prune,
  run,
  twoSetsForEachTest,
} from '../fixtures/pruned.ts';
import { startS3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import type { S3Request } from '../fixtures/s3-request.ts';
import { fileOf, stateOf } from '../fixtures/set.ts';

describe('hold, unhold and accept', () => {
  const scene = twoSetsForEachTest();
  let workspace: Workspace;
  let older: string;
  let younger: string;

  beforeEach(() => {
    ({ workspace, older, younger } = scene);
  });

  it('keep a set from retention until it is left to it again, however fast they follow each other', async () => {
    for (const command of ['hold', 'unhold', 'hold', 'unhold', 'hold'])
      await run(workspace, [command, older]);
    expect(decisionOf(await prune(workspace, { isApplied: true }), older)).toBe('keep held');
    await run(workspace, ['unhold', older]);
    await prune(workspace, { isApplied: true });
    expect(await stateOf(workspace, older)).toBeUndefined();
  });

  it('say who and why, in the mark and in the audit record', async () => {
    const finished = await workspace.run(['hold', older, '--reason', 'case 4711', '--json']);
    expect(finished.json()).toEqual({
      id: older,
      plan: 'default',
      database: 'clinic',
      repositories: ['local'],
      reason: 'case 4711',
    });
    const mark = (await workspace.objects()).find((path) => path.includes(`${older}/hold-`)) ?? '';
    const content = JSON.parse(await readFile(join(workspace.backups, mark), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(content).toMatchObject({
      reason: 'case 4711',
      by: { type: 'user', name: expect.stringMatching(/\w/) },
    });
    expect((await auditRecords(workspace)).at(-1)).toMatchObject({
      operation: 'hold',
      backup: older,
      status: 'success',
      notes: 'case 4711',
    });
  });

  /** The older set in two repositories: `here`, and `there` of the test's choice. */
  const copyThere = async (there: object = { folder: join(workspace.folder, 'there') }) => {
    const config = {
      project: 'test',
      databases: { clinic: { fromEnvironment: true } },
      repositories: { here: { folder: workspace.backups }, there },
      plans: { default: { keep: '1s', repositories: ['here'] } },
    };
    await writeFile(join(workspace.folder, 'holdfast.yaml'), JSON.stringify(config));
    await run(workspace, ['copy', older, '--to', 'there']);
  };

  it('mark every copy of a set', async () => {
    await copyThere();
    const held = (await workspace.run(['hold', older, '--json'])).json<{
      repositories: string[];
    }>();
    expect(held.repositories).toEqual(['here', 'there']);
    const { repositories } = (await workspace.run(['prune', '--json'])).json<{
      repositories: { sets: { id: string; reasons: object[] }[] }[];
    }>();
    for (const { sets } of repositories)
      expect(sets.find(({ id }) => id === older)?.reasons).toContainEqual(
        expect.objectContaining({ code: 'held' }),
      );
  });

  it.each([
    'hold',
    'unhold',
    'accept',
  ])('mark what answers, and fail for the rest by name: %s', async (command) => {
    await copyThere();
    if (command === 'unhold') await run(workspace, ['hold', older]);
    for (const folder of ['backups', 'there'])
      if (command === 'accept') await plantMark(folder, `suspect-${basicTime(new Date())}`);
    await rename(join(workspace.folder, 'there'), join(workspace.folder, 'away'));
    await writeFile(join(workspace.folder, 'there'), 'a file where the disk should be mounted');
    const finished = await workspace.run([command, older, '--json']);
    const { message, hint } = expectFailure(finished, {
      code: 'REPOSITORY_UNREACHABLE',
      status: 75,
    });
    expect(message).toMatch(/ in here, and not in there \(.* can not be used: /);
    expect(hint).toContain(`holdfast ${command} ${older}`);
    const marks = async (folder: string) =>
      (await readdir(join(workspace.folder, folder, 'default/clinic', older))).filter((name) =>
        name.startsWith(command),
      );
    expect(await marks('backups')).toHaveLength(1);
    await rm(join(workspace.folder, 'there'));
    await rename(join(workspace.folder, 'away'), join(workspace.folder, 'there'));
    await run(workspace, [command, older]);
    expect(await marks('there')).toHaveLength(1);
  });

  it('say of a new set that it is taken when it can not be held everywhere', async () => {
    const [bucket, proxy] = [await makeBucket({ isVersioned: true }), await startS3FaultProxy()];
    const env = awsEnvironment({ endpoint: proxy.endpoint });
    const config = {
      project: 'test',
      databases: { clinic: { fromEnvironment: true } },
      repositories: { there: { bucket: bucket.name }, here: { folder: workspace.backups } },
      plans: { default: { repositories: ['there', 'here'] } },
    };
    await writeFile(join(workspace.folder, 'holdfast.yaml'), JSON.stringify(config));
    const isHold = ({ operation, key }: S3Request) =>
      operation === 'PutObject' && key.includes('/hold-');
    proxy.inject({ when: isHold, fault: { kind: 'refused', status: 403, code: 'AccessDenied' } });
    const { message, hint } = expectFailure(
      await workspace.run(['backup', '--hold', '--json'], env),
      { code: 'ACCESS_DENIED' },
    );
    const [, id = ''] =
      /^the set is taken; (\S+) is held in here, and not in there \(/.exec(message) ?? [];
    expect(hint).toContain(`holdfast hold ${id}`);
    proxy.heal();
    const held = await workspace.run(['hold', id, '--json'], env);
    await proxy.stop();
    expect(held.json()).toMatchObject({ repositories: ['there', 'here'] });
  });

  it('say that retention was faster', async () => {
    const at = new Date('2026-11-23T00:00:00Z');
    await plantGenuine(workspace, { id: older, mark: 'released', at });
    const { hint } = expectFailure(await workspace.run(['hold', older, '--json']), {
      code: 'SET_RELEASED',
    });
    expect(hint).toContain('docs/RETENTION.md');
    expect((await workspace.run(['show', older])).stdout).toMatch(
      new RegExp(`^set +${older}  [A-Z]+, released\n`),
    );
    expect((await auditRecords(workspace)).at(-1)).toMatchObject({
      operation: 'hold',
      status: 'failed',
      error: { code: 'SET_RELEASED' },
    });
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
    expect(await stateOf(workspace, younger)).toBe('SUSPECT');
    expect(decisionOf(await prune(workspace), older)).toBe('release keep-passed succeeded');
    expectFailure(await workspace.run(['accept', younger, '--json']), { code: 'SET_NOT_SUSPECT' });
  });

  async function plantMark(folder: string, mark: string): Promise<void> {
    await writeFile(
      join(workspace.folder, folder, 'default/clinic', older, `${mark}.json`),
      '{}\n',
    );
  }

  it('need no key', async () => {
    const finished = await workspace.run(['hold', older], {
      HOLDFAST_KEY_FILE: join(workspace.folder, 'none'),
    });
    expect(finished, finished.stderr).toMatchObject({
      status: 0,
      stdout: `${older} is held in local\n`,
    });
  });
});
