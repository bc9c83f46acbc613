import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clinicRows } from '../../demo/clinic-rows.ts';
import { clinicSchema } from '../../demo/clinic-schema.ts';
import { awsEnvironment } from '../fixtures/aws.ts';
import { databaseNamed, makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { codeBlocks, readDocument, sectionOf } from '../fixtures/document.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { makeKmsKey } from '../fixtures/kms.ts';
import { pythonEnvironment } from '../fixtures/python.ts';
import { backUp, fileOf } from '../fixtures/set.ts';

const execute = promisify(execFile);

describe.skipIf(process.env.HOLDFAST_SKIP_PYTHON === '1')(
  'docs/RECOVER-WITHOUT-HOLDFAST.md, with a KMS key',
  () => {
    let open: string;
    let restore: string;
    let compare: string;
    let venv: string;
    let clinic: TestDatabase;
    let workspace: Workspace;
    let arn: string;
    let set: string;
    let folder: string;
    const restored = databaseNamed(`recovered_${process.pid}`);

    beforeAll(async () => {
      const document = await readDocument('docs/RECOVER-WITHOUT-HOLDFAST.md');
      const [install, opening] = codeBlocks(sectionOf(document, '## With a KMS key')).map(
        ({ text }) => text,
      );
      [open, venv] = [opening ?? '', await pythonEnvironment(install ?? '', { name: 'kms' })];
      const steps = codeBlocks(document).filter(({ language }) => language === 'sh');
      restore = steps.find(({ text }) => text.startsWith('createdb'))?.text ?? '';
      compare = steps.find(({ text }) => text.startsWith('cat > compare.sql'))?.text ?? '';
      clinic = await makeDatabase({ sql: `${clinicSchema};${clinicRows({ vitals: 500 })}` });
      arn = await makeKmsKey({ MultiRegion: true });
      workspace = await makeWorkspace({
        databaseUrl: clinic.url,
        env: { ...awsEnvironment(), HOLDFAST_KMS_KEY: arn, HOLDFAST_KEY_FILE: '' },
      });
      const id = await backUp(workspace);
      set = dirname(await fileOf(workspace, { id, name: 'manifest.json' }));
      folder = await mkdtemp(join(tmpdir(), 'hf-recover-'));
      await symlink(venv, join(folder, 'kms'));
    });

    afterAll(async () => {
      await restored.drop();
      await workspace?.remove();
      await clinic?.drop();
      await rm(folder, { recursive: true, force: true });
    });

    const type = (commands: string) =>
      execute('bash', ['-euo', 'pipefail', '-c', commands], {
        cwd: folder,
        env: {
          ...awsEnvironment(),
          AWS_DEFAULT_REGION: 'us-east-1',
          PATH: `${inject('postgres').tools.directory}:${process.env.PATH}`,
          SET: set,
          KMS_KEY: arn,
          PGHOST: restored.host,
          PGUSER: 'holdfast_drill',
          DATABASE: restored.name,
        },
      });

    it("opens with Amazon's own command line, and restores to the same rows", async () => {
      await type(open);
      await type(restore);
      const { stdout } = await type(compare);
      expect(stdout).toMatch(/^public\.vitals_samples\|500\|ok$/m);
      expect(stdout).not.toContain('NOT ');
    });

    it('stops at an object that is not the one of the manifest', async () => {
      await rm(join(folder, 'opened'), { recursive: true });
      await appendFile(join(set, 'data.dump.zst.esdk'), 'x');
      await expect(type(open)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('data.dump.zst.esdk is damaged'),
      });
    });
  },
);
