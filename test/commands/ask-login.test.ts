import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../fixtures/document.ts';
import { type GuardedServer, startGuardedServer } from '../fixtures/guarded-server.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const PASSWORD = 'typed-by-hand';

describe.runIf(process.platform === 'linux')('a restore on a terminal', () => {
  let server: GuardedServer;
  let workspace: Workspace;

  beforeAll(async () => {
    server = await startGuardedServer();
    await server.query(`CREATE ROLE backup LOGIN PASSWORD 'reads'; GRANT pg_read_all_data TO backup;
      CREATE ROLE keeper LOGIN PASSWORD '${PASSWORD}'`);
    await server.query('CREATE DATABASE clinic OWNER keeper');
    await server.query(
      'SET ROLE keeper; CREATE TABLE notes AS SELECT generate_series(1, 7) AS i',
      'clinic',
    );
    const databaseUrl = `postgresql://backup:reads@/clinic?host=${server.host}`;
    workspace = await makeWorkspace({ databaseUrl });
    await backUp(workspace);
  });
  afterAll(async () => {
    await workspace.remove();
    await server.stop();
  });

  it('asks for a role that may, and for its password without showing it', async () => {
    await server.query('TRUNCATE notes', 'clinic');
    const { status, output } = await onTerminal(
      ['restore', 'latest', '--table', 'notes', '--to', 'clinic'],
      [
        ['Role that restores', 'keeper'],
        ['Password of keeper', PASSWORD],
      ],
    );
    expect(output).toContain('7 rows');
    expect(output).not.toContain(PASSWORD);
    expect(status).toBe(0);
    expect(await server.query('SELECT count(*)::int AS n FROM notes', 'clinic')).toEqual([
      { n: 7 },
    ]);
  });

  /** Types an answer when its question appears; util-linux's script(1) makes the terminal. */
  function onTerminal(
    args: string[],
    answers: [question: string, answer: string][],
  ): Promise<{ status: number | null; output: string }> {
    const command = [process.execPath, '--', join(ROOT, 'bin/holdfast.ts'), ...args].join(' ');
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      cwd: workspace.folder,
      env: workspace.env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    const waiting = [...answers];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const [next] = waiting;
      if (next === undefined || !output.includes(next[0])) return;
      waiting.shift();
      child.stdin.write(`${next[1]}\r`);
    });
    return new Promise((resolve) => {
      child.once('close', (status) => resolve({ status, output }));
    });
  }
});
