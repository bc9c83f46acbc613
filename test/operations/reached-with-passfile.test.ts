import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Asked, askHoldfast, askPsql, oldestAndNewest } from '../fixtures/psql.ts';
import { startTcpServer, type TcpServer } from '../fixtures/tcp-servers.ts';

const IDENTITY =
  "SELECT extract(epoch FROM pg_postmaster_start_time())::text || ' ' || current_database() || ' ' || current_user";

/** Every role has another password on each server, and one of them is hard to write down. */
const PASSWORDS = {
  one: { ann: 'o:ne\\a', 'c:t': ' of cat ' },
  two: { ann: 'two', 'c:t': 'tw#o' },
};
const DATABASES = ['clinic', 'wa:rd'];

describe('a server that is reached with a passfile', () => {
  let folder: string;
  let one: TcpServer;
  let two: TcpServer;
  let programs: Asked[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-passfile-'));
    await chmod(folder, 0o755);
    const hba = join(folder, 'pg_hba.conf');
    await writeFile(
      hba,
      'local all holdfast_drill trust\nlocal all all scram-sha-256\nhost all all all scram-sha-256\n',
    );
    const settings = [`hba_file=${hba}`];
    one = await startTcpServer({ settings });
    two = await startTcpServer({ settings });
    for (const [server, passwords] of [
      [one, PASSWORDS.one],
      [two, PASSWORDS.two],
    ] as const) {
      for (const [role, password] of Object.entries(passwords))
        await server.query(`CREATE ROLE "${role}" LOGIN PASSWORD '${password}'`);
      for (const name of DATABASES) await server.query(`CREATE DATABASE "${name}"`);
    }
    programs = await oldestAndNewest();
  });

  afterAll(async () => {
    await Promise.all([one, two].map((server) => server?.stop()));
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const escaped = (text: string) => text.replace(/[\\:]/g, '\\$&');

  const wish = fc.oneof(
    { weight: 6, arbitrary: fc.constant('right' as const) },
    { weight: 3, arbitrary: fc.constant('any' as const) },
    { weight: 1, arbitrary: fc.constant('wrong' as const) },
  );
  const entry = fc.record({
    fields: fc.tuple(wish, wish, wish, wish),
    isPasswordRight: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.boolean()),
    isEscaped: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.boolean()),
    end: fc.constantFrom('', '', '', ':and more', '\r'),
  });
  const noise = fc.constantFrom('', '# one', ' # two', '*:*:*', 'localhost', '#*:*:*:*:two');
  const lines = fc.array(fc.oneof({ weight: 4, arbitrary: entry }, noise), {
    minLength: 1,
    maxLength: 5,
  });
  type Line = typeof lines extends fc.Arbitrary<(infer One)[]> ? One : never;

  /** What the line says to a question: the values that it asks for, wildcards, or others. */
  function write(line: Line, { right, wrong }: { right: string[]; wrong: string[] }): string {
    if (typeof line === 'string') return line;
    const { fields, isPasswordRight, isEscaped, end } = line;
    const wishes = [...fields, isPasswordRight ? ('right' as const) : ('wrong' as const)];
    const values = wishes.map((one, index) =>
      one === 'any' ? '*' : ((one === 'right' ? right : wrong)[index] ?? ''),
    );
    const written = values.map((value) => (isEscaped ? escaped(value) : value));
    return `${written.join(':')}${end}`;
  }

  const questions = () =>
    fc.record({
      server: fc.constantFrom('one' as const, 'two' as const),
      way: fc.constantFrom('address', 'name', 'socket', 'list'),
      database: fc.constantFrom(...DATABASES),
      user: fc.constantFrom('ann', 'c:t'),
      place: fc.constantFrom('home', 'PGPASSFILE', 'parameter'),
      lines,
    });

  function wordsFor(server: TcpServer, way: string): string {
    const { port } = server;
    const other = server === one ? two : one;
    return {
      address: `host=127.0.0.1 port=${port}`,
      name: `host=localhost hostaddr=127.0.0.1 port=${port}`,
      socket: `host=${server.folder} port=${port}`,
      list: `host=/nonexistent,127.0.0.1,${other.folder} port=${port},${port},${other.port}`,
    }[way] as string;
  }

  it('is the one that psql reaches, with the same line, whatever lines the file has', async () => {
    let reached = 0;
    await fc.assert(
      fc.asyncProperty(questions(), async ({ server, way, database, user, place, lines: text }) => {
        const home = await mkdtemp(join(folder, 'home-'));
        const file = join(home, place === 'home' ? '.pgpass' : 'passwords');
        const [asked, other] = server === 'one' ? [one, two] : [two, one];
        const hosts: Record<string, string> = { name: 'localhost', socket: asked.folder };
        const host = hosts[way] ?? '127.0.0.1';
        const password = (role: string, of: 'one' | 'two') =>
          (PASSWORDS[of] as Record<string, string>)[role] ?? '';
        const said = {
          right: [host, String(asked.port), database, user, password(user, server)],
          wrong: [
            ...[other.folder, String(other.port), 'postgres', 'nobody'],
            password(user, server === 'one' ? 'two' : 'one'),
          ],
        };
        const all = text.map((line) => write(line, said));
        await writeFile(file, all.join('\n'), { mode: 0o600 });
        const words = [
          wordsFor(asked, way),
          `dbname='${database}' user='${user}' sslmode=disable`,
          place === 'parameter' ? `passfile='${file}'` : '',
        ];
        const env: Record<string, string> = place === 'PGPASSFILE' ? { PGPASSFILE: file } : {};
        const question = { url: words.join(' ').trim(), env, home, sql: IDENTITY };
        const ours = await askHoldfast(question);
        for (const program of programs) expect(ours).toBe(await askPsql(program, question));
        if (ours !== undefined) reached += 1;
      }),
      { numRuns: 80, endOnFailure: true },
    );
    expect(reached).toBeGreaterThan(15);
  });

  it('is not reached with a file that others may read: psql ignores it, and Holdfast says how to mend it', async () => {
    const home = await mkdtemp(join(folder, 'home-'));
    const file = join(home, '.pgpass');
    await writeFile(file, '*:*:*:ann:two\n', { mode: 0o640 });
    const url = `host=127.0.0.1 port=${two.port} dbname=clinic user=ann sslmode=disable`;
    const question = { url, home, sql: IDENTITY };
    for (const program of programs) {
      let said = '';
      const answer = await askPsql(program, question, (text) => {
        said = text;
      });
      expect([answer, said]).toEqual([undefined, expect.stringContaining('group or world access')]);
    }
    let why = '';
    expect(
      await askHoldfast(question, (text) => {
        why = text;
      }),
    ).toBeUndefined();
    expect(why).toContain(`chmod 600 '${file}'`);
    await chmod(file, 0o600);
    expect(await askHoldfast(question)).toBe(await askPsql(programs[0] as Asked, question));
  });
});
