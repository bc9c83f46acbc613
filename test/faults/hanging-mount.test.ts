import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HangingMount, mountThatHangs } from '../fixtures/hanging-mount.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

/** Whether our handlers are there: Node itself handles SIGTERM from the beginning, and never SIGHUP. */
async function catchesSignals(pid: number | undefined): Promise<boolean> {
  const isStarted = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('holdfast.ts');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const caught = BigInt(`0x${/^SigCgt:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return isStarted && (caught & 1n) !== 0n;
}

const mount = await mountThatHangs();

describe.skipIf(mount === undefined)('a repository on a mount that does not answer', () => {
  const { folder } = mount as HangingMount;
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = await makeWorkspace({ env: { BACKUP_DIR: `${folder}/backups` } });
  });
  afterAll(async () => {
    await workspace.remove();
    await mount?.remove();
  });

  it.each([
    ['list', 75],
    ['check', 3],
    ['restore latest --to default --create', 75],
    ['restore latest --to default --data-only', 75],
    ['restore latest --to default', 1],
  ])('does not keep the second signal from ending the process: %s', async (command, status) => {
    const { child, finished } = workspace.start([...command.split(' '), '--json'], {
      DATABASE_URL: 'postgresql:///nowhere',
    });
    while (!(await catchesSignals(child.pid))) await sleep(20);
    while (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await sleep(100);
    }
    const ended = await finished;
    expect(ended).toMatchObject({ status, signal: null });
    expect(ended.stderr).not.toContain('"code"');
  });
});
