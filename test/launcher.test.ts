import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);

describe('the launcher', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-launcher-'));
    await copyFile(join(import.meta.dirname, '../setup/launcher.js'), join(folder, 'launcher.js'));
    await chmod(join(folder, 'launcher.js'), 0o755);
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'holdfast.js'), 'console.log(process.argv.slice(2).join())');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('passes --env-file on, also where the file does not exist', async () => {
    const PATH = `${join(process.execPath, '..')}:${process.env.PATH}`;
    const words = ['backup', '--env-file', 'gone.env'];
    const { stdout } = await run(join(folder, 'launcher.js'), words, { env: { PATH } });
    expect(stdout.trim()).toBe('backup,--env-file,gone.env');
  });
});
