import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { stringify } from 'yaml';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { readDocument, sectionOf } from '../fixtures/document.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { startHook } from '../fixtures/hook.ts';
import { compareWithPromise, promisedFields } from '../fixtures/promised-fields.ts';

interface Plan {
  databases: Record<string, unknown>[];
  repositories: { name: string; problem: string | null }[];
  scenarios: { id: string; steps: { commands: string[] }[] }[];
  missing: string[];
  markdown: string;
}

describe('holdfast runbook', () => {
  let clinic: TestDatabase;
  let workspace: Workspace;
  let config: Record<string, unknown>;
  let set: string;

  const write = (parts: object) =>
    writeFile(join(workspace.folder, 'holdfast.yaml'), stringify({ ...config, ...parts }));

  beforeAll(async () => {
    clinic = await makeDatabase({
      sql: 'CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users SELECT generate_series(1, 50)',
    });
    workspace = await makeWorkspace();
    config = {
      project: 'clinic',
      databases: { clinic: { url: clinic.url } },
      repositories: { local: { folder: './backups' } },
      plans: { nightly: { schedule: '0 2 * * *' } },
    };
    await write({});
  });

  afterAll(async () => {
    await workspace.remove();
    await clinic.drop();
  });

  it('says what is not measured yet, where there is no backup', async () => {
    const { status, stdout } = await workspace.run(['runbook']);
    expect(status).toBe(0);
    expect(stdout).toContain(
      '| `clinic` | not measured yet | not measured yet | not measured yet | not measured yet |',
    );
    expect(stdout).toContain('`clinic` has no backup yet');
    expect(stdout).toContain('## Appendix: recover without Holdfast');
  });

  it('has what was measured, and promises it in docs/SCRIPTING.md', async () => {
    const backup = await workspace.run(['backup', '--json']);
    set = backup.json<{ id: string }>().id;
    expect(await workspace.run(['drill'])).toMatchObject({ status: 0 });
    const copy = urlOf(inject('postgres').host, `${clinic.name}_copy`);
    const restored = await workspace.run(['restore', 'latest', '--to', copy, '--create']);
    expect(restored, restored.stderr).toMatchObject({ status: 0 });
    await write({
      objectives: { rto: '4h', rpo: '24h' },
      contacts: [{ name: 'A. Moser', role: 'database', phone: '+43 1' }],
      runbook: { review: '90d', reviewed: '2026-11-01' },
    });
    const plan = (await workspace.run(['runbook', '--json'])).json<Plan>();
    await clinic.query(`DROP DATABASE "${clinic.name}_copy"`);
    expect(plan.databases).toMatchObject([
      { database: 'clinic', newestSet: set, drilledSet: set, restoredSet: set },
    ]);
    const fields = promisedFields(
      sectionOf(await readDocument('docs/SCRIPTING.md'), '### runbook'),
    );
    expect(compareWithPromise(plan, fields).complaints).toEqual([]);
    expect(plan.markdown).toContain('Next review: 2027-01-30');
    expect(plan.markdown).toContain('A. Moser');
  });

  it('has restores whose dry run succeeds as they stand', async () => {
    const plan = (await workspace.run(['runbook', '--json'])).json<Plan>();
    const lines = plan.scenarios.flatMap(({ steps }) => steps.flatMap(({ commands }) => commands));
    const own = lines.filter((line) => / restore latest-proven .*--dry-run$/.test(line));
    expect(own.length).toBeGreaterThan(1);
    const elsewhere = urlOf(inject('postgres').host, `${clinic.name}_new`);
    for (const line of new Set(own)) {
      const words = line
        .replace(/postgresql:\/\/postgres@NEWHOST\S*/, elsewhere)
        .split(' ')
        .slice(1);
      const dry = await workspace.run(words.map((word) => word.replace(/^'(.*)'$/, '$1')));
      expect(dry, `${line}: ${dry.stderr}`).toMatchObject({ status: 0 });
    }
  });

  it('is asked for by check once its review is due, and the heartbeat goes on', async () => {
    const pulse = await startHook();
    await write({
      plans: { nightly: {} },
      contacts: [{ name: 'A. Moser', role: 'database' }],
      runbook: { review: '1d', reviewed: '2026-11-01' },
      heartbeatUrl: pulse.url,
      diskFull: 1,
    });
    const { status, stdout } = await workspace.run(['check', '--json']);
    const beats = pulse.requests.length;
    await pulse.stop();
    expect({ status, beats }).toEqual({ status: 1, beats: 1 });
    expect(JSON.parse(stdout)).toMatchObject({
      findings: [{ verdict: 'runbook', severity: 'warning', repository: 'config' }, {}, {}],
    });
    const one = await workspace.run(['check', '--json', '--repository', 'local']);
    expect(one).toMatchObject({ status: 0 });
  });

  it('is made when a repository does not answer, and says which', async () => {
    await writeFile(join(workspace.folder, 'a file'), '');
    await write({
      repositories: { local: { folder: './backups' }, broken: { folder: './a file/backups' } },
      plans: { nightly: { repositories: ['local', 'broken'] } },
    });
    const plan = (await workspace.run(['runbook', '--json'])).json<Plan>();
    expect(plan.databases).toMatchObject([{ newestSet: set }]);
    expect(plan.repositories).toMatchObject([
      { name: 'local', problem: null },
      { name: 'broken', problem: expect.stringContaining('a file') },
    ]);
    expect(plan.missing).toContainEqual(expect.stringContaining('`broken` did not answer'));
  });
});
