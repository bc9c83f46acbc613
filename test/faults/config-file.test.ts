import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const PASSWORD = 'pw-canary-4711';

describe('a config that can not be used', () => {
  let workspace: Workspace;

  const run = async (text: string) => {
    await writeFile(join(workspace.folder, 'holdfast.yaml'), text);
    return workspace.run(['backup', '--json']);
  };

  beforeAll(async () => {
    workspace = await makeWorkspace();
  });

  afterAll(() => workspace.remove());

  it('lists all its mistakes at once', async () => {
    const { message } = expectFailure(
      await run('project: x\ncolour: red\ndatabases: {}\nplans: { p: { keep: soon } }\n'),
      {
        code: 'CONFIG_INVALID',
        status: 2,
      },
    );
    expect(message).toContain('3 mistakes');
    for (const path of ['2: colour', '1: repositories', '4: plans.p.keep'])
      expect(message).toContain(`holdfast.yaml:${path}: `);
  });

  it('never repeats a password that stands in it', async () => {
    const url = `postgresql://me:${PASSWORD}@db/clinic`;
    const finished = await run(
      `project: x\ndatabases: { c: { url: "${url}" } }\nrepositories: { l: { folder: b } }\nplans: { p: {} }\n`,
    );
    expectFailure(finished, { code: 'CONFIG_INVALID', status: 2 });
    expect(finished.stderr).not.toContain(PASSWORD);
  });

  it.each([
    ['a bad indentation', 'project: x\n databases:\n- a: b\n', /line \d+/],
    ['a quote without its end', 'project: "x\n', /line \d+/],
    ['the same key twice', 'project: x\nproject: y\n', /line 2/],
    ['an alias without its anchor', 'project: *nothing\n', /\bnothing\b|alias/],
    ['two documents', 'project: x\n---\nproject: y\n', /document/],
    ['nothing', '', /top level/],
    ['a list', '- a\n- b\n', /top level/],
  ])('is no YAML of ours: %s', async (_what, text, message) => {
    expect(expectFailure(await run(text), { code: 'CONFIG_INVALID', status: 2 }).message).toMatch(
      message,
    );
  });

  it('is a file that is not there', async () => {
    const finished = await workspace.run(['backup', '--config', 'nowhere.yaml', '--json']);
    expect(expectFailure(finished, { code: 'CONFIG_NOT_FOUND', status: 2 }).message).toContain(
      'nowhere.yaml',
    );
  });

  it('is a directory', async () => {
    await mkdir(join(workspace.folder, 'folder.yaml'));
    expectFailure(await workspace.run(['backup', '--config', 'folder.yaml', '--json']), {
      code: 'CONFIG_INVALID',
      status: 2,
    });
  });

  it.each([
    ['RETENTION_DAYS', 'soon', /RETENTION_DAYS/],
    ['BACKUP_S3_BUCKET', 'My_Bucket/sets', /BACKUP_S3_BUCKET/],
    ['DATABASE_URL', `postgresql://me:${PASSWORD}/x@host/db`, /can not be read/],
    ['DATABASE_URL', `postgresql://me:${PASSWORD}@host:port/db`, /./],
    [
      'DATABASE_URL',
      `postgresql://me:${PASSWORD}@one,two,three/db?port=1,2`,
      /2 ports and 3 hosts/,
    ],
    ['DATABASE_URL', `postgresql://me:${PASSWORD}@host/db?colour=red`, /colour/],
  ])('is an environment whose %s is %s, and no password is repeated', async (name, value, message) => {
    const empty = await makeWorkspace({
      env: { DATABASE_URL: 'postgresql://me@host/db', [name]: value },
    });
    try {
      const finished = await empty.run(['backup', '--json']);
      expect(expectFailure(finished, { code: 'CONFIG_INVALID', status: 2 }).message).toMatch(
        message,
      );
      expect(finished.stderr).not.toContain(PASSWORD);
    } finally {
      await empty.remove();
    }
  });

  it('is a passfile that others may read', async () => {
    const empty = await makeWorkspace({ databaseUrl: 'postgresql://me@localhost:1/db' });
    try {
      await writeFile(join(empty.folder, '.pgpass'), `*:*:*:*:${PASSWORD}\n`);
      await chmod(join(empty.folder, '.pgpass'), 0o644);
      const finished = await empty.run(['backup', '--json']);
      expect(expectFailure(finished, { code: 'CONFIG_INVALID', status: 2 }).hint).toContain(
        'chmod 600',
      );
      expect(finished.stderr).not.toContain(PASSWORD);
    } finally {
      await empty.remove();
    }
  });
});
