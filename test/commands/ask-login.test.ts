import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../fixtures/document.ts';
import { type GuardedServer, startGuardedServer } from '../fixtures/guarded-server.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const PASSWORD = 'typed-by-hand';

/** What is typed when a text appears. */
type Answer = [text: string, typed: string];
const ROLE_QUESTION: Answer = ['Role that restores', 'keeper\r'];

interface Typing {
  answers: readonly Answer[];
  /** What the shell does first. */
  before?: string;
}

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

  const restoreTo = (to: string) => ['restore', 'latest', '--table', 'notes', '--to', to];

  it.each<[string, Answer[]]>([
    ['when they are typed', [ROLE_QUESTION, ['Password of keeper', `${PASSWORD}\r`]]],
    ['when both are pasted', [['Role that restores', `keeper\r${PASSWORD}\r`]]],
    [
      'when the password is begun too early',
      [
        ['Role that restores', `keeper\r${PASSWORD.slice(0, 5)}`],
        ['Password of keeper', `${PASSWORD.slice(5)}\r`],
      ],
    ],
  ])('asks for a role that may, and for its password without showing it, %s', async (_how, answers) => {
    await server.query('TRUNCATE notes', 'clinic');
    const { status, output } = await onTerminal(restoreTo('clinic'), { answers });
    expect(output).toContain('7 rows');
    expect(output).toMatch(/empty: none\).*keeper\s*\nPassword of keeper: \s*\n/);
    expect(output).not.toContain(PASSWORD.slice(0, 5));
    expect(output).not.toContain(PASSWORD.slice(5));
    expect(status, output).toBe(0);
    const rows = await server.query('SELECT count(*)::int AS n FROM notes', 'clinic');
    expect(rows).toEqual([{ n: 7 }]);
  });

  it('takes a password that is typed before the question, and does not show it', async () => {
    await server.query('TRUNCATE notes', 'clinic');
    const to = `postgresql://keeper@/clinic?host=${server.host}`;
    const { status, output } = await onTerminal(restoreTo(to), {
      // The terminal itself shows what is typed until a program tells it not to.
      before: 'stty -echo; export PGPASSWORD=old; echo now',
      answers: [['now', `${PASSWORD}\r`]],
    });
    expect(status, output).toBe(0);
    expect(output).toContain('Password of keeper');
    expect(output).not.toContain(PASSWORD);
  });

  it.each([
    ['Ctrl-C', '\x03', 'SIGINT'],
    ['Ctrl-D', '\x04', 'the end of its input'],
  ])('ends with %s instead of an answer', async (_key, typed, what) => {
    await server.query('TRUNCATE notes', 'clinic');
    const answers: Answer[] = [
      ['Role that restores', `keeper\r`],
      ['Password of', typed],
    ];
    const { status, output } = await onTerminal(restoreTo('clinic'), { answers });
    expect(status, output).toBe(75);
    expect(output).toContain(`stopped by ${what}`);
  });

  /** Types an answer when its question appears; util-linux's script(1) makes the terminal. */
  function onTerminal(
    args: string[],
    { answers, before = 'true' }: Typing,
  ): Promise<{ status: number | null; output: string }> {
    const words = [process.execPath, '--', join(ROOT, 'bin/holdfast.ts'), ...args];
    const command = words.map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qefc', `${before}; exec ${command}`, '/dev/null'], {
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
      child.stdin.write(next[1]);
    });
    return new Promise((resolve) => {
      child.once('close', (status) => resolve({ status, output }));
    });
  }
});
