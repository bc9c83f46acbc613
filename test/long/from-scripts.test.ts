import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { codeBlocks, readDocument, sectionOf } from '../fixtures/document.ts';
import { makeWorkspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

const has = (program: string) => spawnSync(program, ['--version']).status === 0;
const canDecrypt = has('gpg') && spawnSync('openssl', ['version']).status === 0;

/** What the widely copied guides do, with their options. */
const GUIDES = `
pg_dump --format=plain --file=backup.sql $PGDATABASE
gzip -k backup.sql
pg_dump --format=custom --compress=9 --file=database.backup $PGDATABASE
pg_dump --schema-only --file=schema.sql $PGDATABASE
pg_dump --data-only --format=custom --file=data.backup $PGDATABASE
`;
const ENCRYPTING = `
gpg --quick-generate-key your-key-id default default never
pg_dump --format=custom $PGDATABASE | \
  gpg --trust-model always --encrypt --recipient your-key-id > database.backup.gpg
pg_dump --format=custom $PGDATABASE | \
  openssl enc -aes-256-cbc -salt -pbkdf2 -out database.backup.enc
gpg --symmetric --cipher-algo AES256 backup.sql.gz
`;

/** The guides ask for passphrases; here nobody is there to type them. */
const PASSPHRASES = `
gpg() { command gpg --batch --quiet --pinentry-mode loopback --passphrase secret "$@"; }
openssl() { command openssl "$@" -pass pass:secret; }
`;

describe('the old files of backup scripts', () => {
  let database: TestDatabase;
  let folder: string;
  let blocks: string[];

  const shell = (script: string) => {
    const { tools, host } = inject('postgres');
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-c', `set -e\n${PASSPHRASES}${script}`],
      {
        cwd: folder,
        encoding: 'utf8',
        env: {
          PATH: `${tools.directory}:${process.env.PATH}`,
          HOME: folder,
          GNUPGHOME: join(folder, 'gnupg'),
          PGHOST: host,
          PGUSER: 'holdfast_drill',
          PGDATABASE: database.name,
        },
      },
    );
    return { status, stdout: stdout.trim(), stderr };
  };
  const rows = () =>
    shell(
      `psql -XAtc "SELECT (SELECT count(*) FROM users) || ' ' || (SELECT count(*) FROM vitals_samples)" restore_test`,
    ).stdout;
  /** The block of the page that has these words. */
  const block = (words: string) => blocks.find((text) => text.includes(words)) ?? 'false';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-scripts-'));
    await mkdir(join(folder, 'gnupg'), { mode: 0o700 });
    database = await makeDatabase({
      sql: `CREATE TABLE users (id serial PRIMARY KEY, name text);
        INSERT INTO users (name) SELECT 'u' FROM generate_series(1, 45);
        CREATE TABLE vitals_samples (id serial PRIMARY KEY, u int NOT NULL REFERENCES users);
        INSERT INTO vitals_samples (u) SELECT 1 + i % 45 FROM generate_series(1, 1234) i`,
    });
    const page = await readDocument('docs/FROM-SCRIPTS.md');
    blocks = codeBlocks(sectionOf(page, '## Test each kind')).map(({ text }) => text);
    const made = shell(GUIDES + (canDecrypt ? ENCRYPTING : ''));
    expect(made, made.stderr).toMatchObject({ status: 0 });
  });

  afterAll(async () => {
    shell('gpgconf --kill all || true; dropdb --if-exists restore_test');
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    const made = shell(`dropdb --if-exists restore_test\n${block('createdb')}`);
    expect(made, made.stderr).toMatchObject({ status: 0 });
  });

  it.each([
    ['.sql.gz', 'gunzip -c backup.sql.gz', true],
    ['.backup', '--dbname=restore_test database.backup', true],
    ['schema and data', '-f schema.sql', true],
    ['.backup.gpg', 'database.backup.gpg', canDecrypt],
    ['.backup.enc', 'database.backup.enc', canDecrypt],
    ['.sql.gz.gpg', 'backup.sql.gz.gpg', canDecrypt],
  ])('are restored by the commands of the page: %s', (_kind, words, isPossible) => {
    if (!isPossible) return;
    const restored = shell(block(words));
    expect(restored, restored.stderr).toMatchObject({ status: 0 });
    expect(rows()).toBe('45 1234');
    const counted = shell(block('SELECT count(*)'));
    expect(counted).toMatchObject({ status: 0, stdout: expect.stringContaining('45') });
    expect(shell('psql -Xc "SELECT 1" restore_test').status).not.toBe(0);
  });

  it('that are cut short pass what scripts call a verification, and fail the commands of the page', () => {
    const cut = 'head -c -200 database.backup > cut.backup; mv database.backup whole.backup';
    expect(shell(`${cut}; mv cut.backup database.backup`).status).toBe(0);
    expect(shell('pg_restore --list database.backup > listed').status).toBe(0);
    expect(shell('pg_restore -f /dev/null database.backup').status).not.toBe(0);
    expect(shell(block('--dbname=restore_test database.backup')).status).not.toBe(0);
    expect(shell('mv whole.backup database.backup').status).toBe(0);
  });

  it('become proven sets by the commands of the page', async () => {
    expect(shell(block('--dbname=restore_test database.backup'))).toMatchObject({ status: 0 });
    const section = sectionOf(
      await readDocument('docs/FROM-SCRIPTS.md'),
      '## Keep an old backup as a proven set',
    );
    const [config, commands] = codeBlocks(section).map(({ text }) => text);
    const workspace = await makeWorkspace();
    const adapted = (config ?? '')
      .replace(/url: .*/, `url: ${database.url.replace(database.name, 'restore_test')}`)
      .replace('/mnt/archive', workspace.backups);
    await writeFile(join(workspace.folder, 'archive.yaml'), adapted);
    for (const line of (commands ?? '').trim().split('\n')) {
      const words = line.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', '')) ?? [];
      expect(await workspace.run(words.slice(1)), line).toMatchObject({ status: 0 });
    }
    const listed = (await workspace.run(['list', '--config', 'archive.yaml'])).stdout;
    expect(listed).toContain('PROVEN');
    const checked = await workspace.run(['check', '--config', 'archive.yaml']);
    expect(checked).toMatchObject({ status: 0 });
    await workspace.remove();
  });

  it('must not share their folder: the clean-up of scripts matches the sets of Holdfast', async () => {
    const workspace = await makeWorkspace({ databaseUrl: database.url });
    const id = await backUp(workspace);
    const { stdout } = spawnSync('find', [workspace.backups, '-type', 'd', '-name', '20*'], {
      encoding: 'utf8',
    });
    expect(stdout).toContain(`/${id}\n`);
    expect(await readdir(workspace.backups)).not.toContain(id);
    await workspace.remove();
  });
});
