import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../engine/domain/alert-message.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { type Hook, startHook } from '../fixtures/hook.ts';

const run = promisify(execFile);

/** The arguments of the first command of ours in a text, as a shell reads them. */
async function typedFrom(text: string): Promise<string[]> {
  const [, command] = /`(holdfast [^`]+)`/.exec(text) ?? [];
  const { stdout } = await run('sh', ['-c', `set -- ${command}; shift; printf '%s\\0' "$@"`]);
  return stdout.split('\0').slice(0, -1);
}

describe('a command that a run prints, where its config is in another place', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let hook: Hook;
  const OPTIONS = ['--config', 'of ops/clinic.yaml', '--env-file', 'of ops/clinic.env'];

  beforeAll(async () => {
    hook = await startHook();
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
    workspace = await makeWorkspace();
    await writeConfig(workspace, {
      databases: { clinic: { fromEnvironment: true } },
      alerts: { stateFolder: './state', webhook: { url: hook.url } },
    });
    await mkdir(join(workspace.folder, 'of ops'));
    const config = join(workspace.folder, 'of ops/clinic.yaml');
    await rename(join(workspace.folder, 'holdfast.yaml'), config);
    await writeFile(join(workspace.folder, 'of ops/clinic.env'), `DATABASE_URL=${database.url}\n`);
    const finished = await workspace.run(['backup', ...OPTIONS, '--json']);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
  });

  afterAll(async () => {
    await hook.stop();
    await workspace.remove();
    await database.drop();
  });

  it('works when it is typed: a hint, as text and as JSON', async () => {
    const asked = ['show', '20200101T000000Z-0000', ...OPTIONS];
    for (const { stderr } of [
      await workspace.run(asked),
      await workspace.run([...asked, '--json']),
    ]) {
      const typed = await typedFrom(stderr.replaceAll('\\"', '"'));
      expect(typed).toEqual([...OPTIONS, 'list']);
      const finished = await workspace.run(typed);
      expect(finished, finished.stderr).toMatchObject({ status: 0 });
      expect(finished.stdout).toContain('clinic');
    }
  });

  it('works from any directory, and with the environment of cron, where an alert says it', async () => {
    const object = (await workspace.objects()).find((key) => key.endsWith('data.dump.zst.esdk'));
    const file = join(workspace.backups, object ?? '');
    const whole = await readFile(file);
    await writeFile(file, Buffer.alloc(whole.length));
    await workspace.run(['verify', 'latest', ...OPTIONS]);
    await workspace.run(['check', ...OPTIONS]);
    await writeFile(file, whole);
    const messages = hook.requests.map(({ body }) => JSON.parse(body) as AlertMessage);
    const absolute = OPTIONS.map((word) => word.replace(/^of/, `${workspace.folder}/of`));
    const suspect = messages
      .flatMap(({ alerts }) => alerts)
      .find(({ title }) => title.includes('suspect'));
    const typed = await typedFrom(suspect?.hint ?? '');
    expect(typed.slice(0, 5)).toEqual([...absolute, 'verify']);
    const finished = await workspace.run(typed);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(await typedFrom(`\`${messages[0]?.command}\``)).toEqual(['check', ...absolute]);
  });
});
