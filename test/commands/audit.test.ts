import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderRepository } from '../../engine/adapters/folder-repository.ts';
import { auditKey, auditRecord } from '../../engine/domain/audit-record.ts';
import { basicTime } from '../../engine/domain/backup-id.ts';
import { makeDatabase } from '../fixtures/database.ts';
import { codeBlocks, readDocument, sectionOf } from '../fixtures/document.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { compareWithPromise, promisedFields } from '../fixtures/promised-fields.ts';
import { oldestAndNewest } from '../fixtures/psql.ts';

const HOUR = 3_600_000;

/** Names and texts as nobody of ours would write them. */
const HOSTILE = [
  `=cmd|' /C calc'!A0`,
  `Robert'); DROP TABLE backup_audit_log; --`,
  `\\'; DROP TABLE backup_audit_log; --`,
  `trailing backslash \\`,
  `a "quoted", name; with\r\n=1+1`,
  `\u001b[2Jgone\u202e`,
  `<script>alert(1)</script> $1 $$ :name :'name' \\echo`,
  `Zoë – 患者 🩺 ${'x'.repeat(300)}`,
];

describe('holdfast audit', () => {
  let workspace: Workspace;
  const keys: string[] = [];

  beforeAll(async () => {
    workspace = await makeWorkspace();
    const repository = new FolderRepository(workspace.backups);
    const begun = Date.now() - 20 * HOUR;
    for (const [index, text] of HOSTILE.entries()) {
      const [startedAt, completedAt] = [begun, begun + index * HOUR + 1500].map(
        (at) => new Date(at),
      );
      if (startedAt === undefined || completedAt === undefined) throw new Error('no time');
      const record = auditRecord(
        {
          ...{ operation: 'backup', plan: text, database: text, backup: text.slice(0, 290) },
          target: index === 1 ? text : null,
        },
        {
          status: index === 0 ? 'failed' : 'success',
          bytes: index === 2 ? null : 2 ** (10 + 10 * (index % 4)),
          error: index === 0 ? { code: 'DUMP_FAILED', message: text } : null,
          notes: index === 1 ? null : text,
        },
        {
          ...{ id: `${basicTime(completedAt)}-000${index}`, repository: 'folder' },
          ...{ startedAt, completedAt, initiatedBy: { type: 'user', name: text, host: text } },
        },
      );
      keys.push(auditKey(record));
      await repository.put(auditKey(record), Buffer.from(JSON.stringify(record)));
    }
  });

  afterAll(async () => {
    await workspace?.remove();
  });

  const ended = async (args: readonly string[], env?: Record<string, string>) => {
    const finished = await workspace.run(['audit', ...args], env);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    return finished.stdout;
  };

  it('prints a line for each record, oldest first, that no text of others breaks', async () => {
    const lines = (await ended([])).trimEnd().split('\n');
    expect(lines).toHaveLength(HOSTILE.length + 1);
    expect(lines[1]).toMatch(/backup +failed +=cmd/);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\u202e]/u);
    const [, , , last = ''] = HOSTILE;
    expect((await ended(['--database', last])).trimEnd().split('\n')).toHaveLength(2);
    const since = new Date(Date.now() - 18.5 * HOUR).toISOString();
    expect((await ended(['--since', since])).trimEnd().split('\n')).toHaveLength(
      HOSTILE.length - 1,
    );
    expectFailure(await workspace.run(['audit', '--since', '2026-02-30', '--json']), {
      ...{ code: 'USAGE', status: 2 },
    });
  });

  it('gives the records as the JSON document that docs/SCRIPTING.md promises', async () => {
    const page = await readDocument('docs/SCRIPTING.md');
    const document = JSON.parse(await ended(['--json']));
    const { complaints } = compareWithPromise(
      document,
      promisedFields(sectionOf(page, '### audit')),
    );
    expect(complaints).toEqual([]);
    expect(document.records.map(({ notes }: { notes: string }) => notes)).toEqual(
      HOSTILE.map((text, index) => (index === 1 ? null : text)),
    );
  });

  it('gives CSV of one record a line, in which a spreadsheet finds no formula', async () => {
    const csv = await ended(['--format', 'csv']);
    const rows = csv.trimEnd().split('\r\n').map(cellsOf);
    expect(new Set(rows.map(({ length }) => length))).toEqual(new Set([19]));
    expect(rows).toHaveLength(HOSTILE.length + 1);
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^\s*[=+\-@]/);
    expect(rows[1]).toContain(`'${HOSTILE[0]}`);
    expect(rows[5]).toContain('a "quoted", name; with\\r\\n=1+1');
  });

  it.each([
    'on',
    'off',
  ])('gives SQL that fills the table of the guides, with standard_conforming_strings %s', async (setting) => {
    const database = await makeDatabase();
    const [{ directory } = { directory: '' }] = (await oldestAndNewest()).reverse();
    const file = join(workspace.folder, 'audit.sql');
    await writeFile(file, await ended(['--format', 'sql']));
    const psql = (...args: string[]) =>
      promisify(execFile)(
        join(directory, 'psql'),
        ['-Xqv', 'ON_ERROR_STOP=1', '-d', database.url, ...args],
        { env: { PGOPTIONS: `-c standard_conforming_strings=${setting} -c DateStyle=SQL,DMY` } },
      );
    await psql('-f', file);
    await psql('-f', file);
    const rows = await database.query(
      `SELECT operation, backup_file, initiated_by, to_char(completed_at - started_at, 'SS.MS') AS took,
              status, file_size_mb, error_message, notes FROM backup_audit_log ORDER BY id`,
    );
    expect(rows.map(({ notes }) => notes.split('; ')[0])).toEqual(
      keys.map((key) => `record ${key.split('/').at(-1)?.replace('-backup.json', '')}`),
    );
    expect(rows.map(({ file_size_mb: size }) => size)).toEqual([
      1,
      1,
      null,
      1_048_576,
      1,
      1,
      1024,
      1_048_576,
    ]);
    expect(rows[0]).toMatchObject({
      ...{ operation: 'backup', backup_file: HOSTILE[0], took: '01.500', status: 'failed' },
      error_message: `DUMP_FAILED: ${HOSTILE[0]}`,
    });
    for (const [index, text] of HOSTILE.slice(0, 4).entries())
      expect(rows[index]).toMatchObject({
        backup_file: text,
        initiated_by: `${text}@${text}`,
        notes: expect.stringContaining(`database ${text}; plan ${text}`),
      });
    expect(rows[5]?.backup_file).toBe('\\u{1b}[2Jgone\\u{202e}');
    expect(rows[7]?.backup_file).toMatch(/^Zoë – 患者 🩺 x+\.\.\.$/);
    await database.drop();
  });

  it('is sealed hourly, and shows by a kept public key alone what was changed later', async () => {
    const sealed = JSON.parse(await ended(['seal', '--json']));
    expect(sealed.repositories).toMatchObject([{ records: HOSTILE.length, isOutrun: false }]);
    const [{ keyId }] = sealed.repositories;
    const copy = join(workspace.folder, 'copy');
    await cp(workspace.backups, copy, { recursive: true });
    const kept = join(workspace.folder, 'kept.pem');
    await rename(join(copy, `keys/signing-${keyId}.pem`), kept);
    const verify = async () => {
      const args = ['audit', 'verify', '--public-key', kept, '--json'];
      const { status, stdout } = await workspace.run(args, { BACKUP_DIR: copy });
      return { status, ...JSON.parse(stdout) };
    };
    expect(await verify()).toMatchObject({ status: 0, isWhole: true });
    const [first = '', second = ''] = keys;
    await rm(join(copy, first));
    await writeFile(
      join(copy, second),
      (await readFile(join(copy, second), 'utf8')).replace('success', 'failed'),
    );
    const found = await verify();
    expect(found).toMatchObject({ status: 1, isWhole: false });
    expect(found.repositories[0].faults).toMatchObject([
      { code: 'record-missing', key: first },
      { code: 'record-changed', key: second },
    ]);
    const page = await readDocument('docs/SCRIPTING.md');
    for (const [heading, document] of [
      ['### audit seal', sealed],
      ['### audit verify', (({ status: _, ...rest }) => rest)(found)],
    ]) {
      const promised = promisedFields(sectionOf(page, String(heading)));
      expect(compareWithPromise(document, promised).complaints).toEqual([]);
    }
  });

  it('is verified by the script of docs/AUDIT.md alone', async () => {
    const page = await readDocument('docs/AUDIT.md');
    const script = join(workspace.folder, 'verify-ledger.sh');
    await writeFile(script, codeBlocks(sectionOf(page, '### Without Holdfast'))[0]?.text ?? '');
    await ended(['seal']);
    const copy = join(workspace.folder, 'second-copy');
    await cp(workspace.backups, copy, { recursive: true });
    const [name = ''] = await readdir(join(copy, 'keys'));
    const key = join(copy, 'keys', name);
    const verify = () =>
      promisify(execFile)('sh', [script, copy, key], { env: { PATH: '/usr/bin:/bin' } }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
      );
    expect(await verify()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('after the entry null'),
    });
    const [removed = '', changed = ''] = keys;
    await rm(join(copy, removed));
    await writeFile(join(copy, changed), '{}');
    await cp(join(workspace.backups, removed), join(copy, 'audit/2020/01/01/added.json'));
    const { code, stdout } = await verify();
    expect(code).toBe(1);
    expect(stdout).toMatch(`${changed}: FAILED\n`);
    expect(stdout).toMatch(`${removed}: FAILED open or read`);
    expect(stdout).toMatch('audit/2020/01/01/added.json: not in the ledger');
    const entries = (await readdir(join(copy, 'audit/ledger'))).sort();
    const first = join(copy, 'audit/ledger', entries[0] ?? '');
    const text = await readFile(first, 'utf8');
    await writeFile(first, text.replace(/"sig":"../, '"sig":"AA'));
    expect((await verify()).stdout).toMatch(
      /: the signature is not good\n[\s\S]*: the entry before was changed\n/,
    );
  });

  it('has what was done to the installation, and each config that is new to it', async () => {
    const other = ['--config', 'other.yaml'];
    const folder = ['--folder', workspace.backups];
    for (const args of [
      ['init', ...folder, ...other],
      ['keygen', '--out', 'second-key', ...other],
      ['audit', 'seal', ...other],
      ['audit', 'seal', ...other],
    ])
      expect(await workspace.run(args)).toMatchObject({ status: 0 });
    const path = join(workspace.folder, 'other.yaml');
    const before = await readFile(path);
    await appendFile(path, '\n');
    await ended(['seal', ...other]);
    const { records } = JSON.parse(await ended(['--since', '1h', '--json', ...other]));
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    const [first, second] = [digest(before), digest(await readFile(path))];
    expect(records.slice(-4)).toMatchObject([
      { operation: 'init', target: path, notes: expect.stringContaining('key') },
      { operation: 'keygen', target: join(workspace.folder, 'second-key') },
      { operation: 'config', target: path, notes: `config ${first} on ${hostname()}` },
      { operation: 'config', notes: `config ${second} on ${hostname()}, was ${first}` },
    ]);
    expect(await ended(['verify', ...other])).toMatch(/: whole\n/);
  });

  it('names a key file that is none', async () => {
    expectFailure(await workspace.run(['audit', 'verify', '--public-key', 'none', '--json']), {
      code: 'KEY_MISSING',
    });
    await writeFile(join(workspace.folder, 'note.txt'), 'no key');
    expectFailure(await workspace.run(['audit', 'verify', '--public-key', 'note.txt', '--json']), {
      code: 'KEY_INVALID',
    });
  });
});

/** Cells of one line of CSV. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(([, quoted, bare = '']) =>
    quoted === undefined ? bare : quoted.replaceAll('""', '"'),
  );
}
