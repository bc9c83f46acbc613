import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clinicRows } from '../../demo/clinic-rows.ts';
import { clinicSchema } from '../../demo/clinic-schema.ts';
import { awsEnvironment } from '../fixtures/aws.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { codeBlocks, readDocument } from '../fixtures/document.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { makeKmsKey } from '../fixtures/kms.ts';
import { pythonEnvironment } from '../fixtures/python.ts';
import { backUp, fileOf } from '../fixtures/set.ts';
import { copyOf, TAMPERED } from '../fixtures/tampered-sets.ts';

const execute = promisify(execFile);

describe.skipIf(process.env.HOLDFAST_SKIP_PYTHON === '1')(
  'docs/RECOVER-WITHOUT-HOLDFAST.md, with a KMS key',
  () => {
    let open: string;
    let restore: string;
    let compare: string;
    let program: string;
    let venv: string;
    let older: string;
    let clinic: TestDatabase;
    let workspace: Workspace;
    let arn: string;
    let set: string;
    let folder: string;
    const restored = databaseNamed(`recovered_${process.pid}`);

    beforeAll(async () => {
      const blocks = codeBlocks(await readDocument('docs/RECOVER-WITHOUT-HOLDFAST.md'));
      const steps = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text);
      const stepThat = (begins: string) => steps.find((text) => text.startsWith(begins)) ?? '';
      program = blocks.find(({ language }) => language === 'python')?.text ?? '';
      venv = await pythonEnvironment(steps.find((text) => text.includes('pip install')) ?? '');
      [open, restore] = [stepThat('venv/bin/python open_set.py'), stepThat('createdb')];
      compare = stepThat('cat > compare.sql');
      clinic = await makeDatabase({ sql: `${clinicSchema};${clinicRows({ vitals: 500 })}` });
      arn = await makeKmsKey({ MultiRegion: true });
      workspace = await makeWorkspace({
        databaseUrl: clinic.url,
        env: { ...awsEnvironment(), HOLDFAST_KMS_KEY: arn, HOLDFAST_KEY_FILE: '' },
      });
      older = dirname(
        await fileOf(workspace, { id: await backUp(workspace), name: 'manifest.json' }),
      );
      const id = await backUp(workspace);
      set = dirname(await fileOf(workspace, { id, name: 'manifest.json' }));
      folder = await mkdtemp(join(tmpdir(), 'hf-recover-'));
      await symlink(venv, join(folder, 'venv'));
      await writeFile(join(folder, 'open_set.py'), program);
    });

    afterAll(async () => {
      await restored.drop();
      await workspace?.remove();
      await clinic?.drop();
      await rm(folder, { recursive: true, force: true });
    });

    const type = (commands: string, from = set) =>
      execute('bash', ['-euo', 'pipefail', '-c', commands], {
        cwd: folder,
        env: {
          ...awsEnvironment(),
          AWS_DEFAULT_REGION: 'us-east-1',
          PATH: `${inject('postgres').tools.directory}:${process.env.PATH}`,
          SET: from,
          KEY: arn,
          PGHOST: restored.host,
          PGUSER: 'holdfast_drill',
          DATABASE: restored.name,
        },
      });

    it("opens with Amazon's own library, and restores to the same rows", async () => {
      await type(open);
      await type(restore);
      const { stdout } = await type(compare);
      expect(stdout).toMatch(/^public\.vitals_samples\|500\|ok$/m);
      expect(stdout).not.toContain('NOT ');
    });

    it.each(TAMPERED)('refuses: $title', async ({ tamper, refusal }) => {
      await rm(join(folder, 'opened'), { recursive: true, force: true });
      const copy = await copyOf(set);
      await tamper(copy, older);
      await expect(type(open, copy)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(refusal),
      });
      await rm(dirname(copy), { recursive: true });
    });
  },
);
