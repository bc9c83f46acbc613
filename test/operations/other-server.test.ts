import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

interface Findings {
  status: string;
  findings: { verdict: string; severity: string; detail: string; set: string | null }[];
}

describe('databases of one name on two servers, in one repository', () => {
  let server: ThrowAwayServer;
  let workspace: Workspace;
  const databases: TestDatabase[] = [];
  const identifiers: string[] = [];

  /** As the machine of one of the two servers has it. */
  async function configure(which: number): Promise<void> {
    const { url = '' } = databases[which] ?? {};
    const drill = { off: 'not of interest here' };
    await writeConfig(workspace, { databases: { clinic: { url, drill } } });
  }

  async function findings(): Promise<Findings['findings']> {
    const { findings: all } = (await workspace.run(['check', '--json'])).json<Findings>();
    return all.filter(({ verdict }) => verdict === 'other-server');
  }

  beforeAll(async () => {
    const { tools } = inject('postgres');
    server = await ThrowAwayServer.start({ tools, signal: new AbortController().signal });
    const { host } = server.connection();
    const sql = 'CREATE TABLE wards (id int); INSERT INTO wards VALUES (1)';
    databases.push(await makeDatabase({ sql }), await makeDatabase({ host, sql }));
    for (const database of databases) {
      const [row] = await database.query('SELECT system_identifier::text FROM pg_control_system()');
      identifiers.push(row?.system_identifier);
    }
    workspace = await makeWorkspace();
    await configure(0);
  });

  afterAll(async () => {
    await workspace.remove();
    await databases[0]?.drop();
    await server.stop();
  });

  it('are told apart by backup, verify, check and restore', async () => {
    const first = await backUp(workspace);
    await backUp(workspace);
    expect(await findings()).toEqual([]);
    await configure(1);
    const finished = await workspace.run(['backup', '--json']);
    const { id, notes } = finished.json<{ id: string; notes: string[] }>();
    const [mine, theirs] = [identifiers[1], identifiers[0]];
    const changed = new RegExp(`identifier ${mine}\\).*the set before it.*identifier ${theirs}\\)`);
    expect(notes).toEqual([
      expect.stringMatching(changed),
      expect.stringMatching(/moved to a new server.*give one of the two another name/),
    ]);
    const verified = (set: string) => workspace.run(['verify', set, '--json']);
    expect((await verified(id)).json()).toMatchObject({
      copies: [{ state: 'CHECKED', otherServer: expect.stringMatching(changed) }],
    });
    expect((await verified(first)).json()).toMatchObject({ copies: [{ otherServer: null }] });
    expect(await findings()).toEqual([
      expect.objectContaining({ severity: 'warning', set: id, detail: expect.any(String) }),
    ]);
    const to = databases[0]?.url.replace(/\/t_\w+/, '/elsewhere') ?? '';
    const args = ['restore', 'clinic/latest', '--to', to, '--create', '--dry-run', '--json'];
    const restored = await workspace.run(args);
    expect(restored, restored.stderr).toMatchObject({ status: 0 });
    expect(restored.json<{ notes: string[] }>().notes).toContainEqual(
      expect.stringMatching(changed),
    );
  });

  it('are warned of as long as they take turns, and a move only until the next backup', async () => {
    const second = await workspace.run(['backup', '--json']);
    expect(second.json()).toMatchObject({ notes: [] });
    expect(await findings()).toEqual([]);
    await configure(0);
    await backUp(workspace);
    await backUp(workspace);
    expect(await findings()).toEqual([
      expect.objectContaining({ detail: expect.stringMatching(/take turns/) }),
    ]);
  });
});
