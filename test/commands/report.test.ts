import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATEMENT_PAYLOAD_TYPE } from '../../engine/domain/signing/statement.ts';
import { signEnvelope } from '../../engine/stream/signing/sign-envelope.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { codeBlocks, readDocument, sectionOf } from '../fixtures/document.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { type Finished, makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { pythonEnvironment } from '../fixtures/python.ts';
import { backUp } from '../fixtures/set.ts';

const execute = promisify(execFile);
const CANARY = 'canary-of-ward-seven';
const TABLE = '<script>alert(1)</script>';

interface Written {
  id: string;
  runs: { due: number; taken: number };
  drills: number;
  htmlKey: string;
  jsonKey: string;
  statementKey: string;
}

/** What was verified stands on stdout all the same. */
function expectAltered(finished: Finished, message: RegExp): void {
  expect(finished.status).toBe(1);
  expect(finished.error()).toMatchObject({
    code: 'EVIDENCE_ALTERED',
    message: expect.stringMatching(message),
  });
  expect(finished.json<{ reports: { problem: string }[] }>().reports[0]?.problem).toMatch(message);
}

/** Of the rehearsal; what a spreadsheet or a browser would take for more than text. */
const NOTES = '=cmd|calc <script>alert(1)</script>';

describe('the evidence of a month', () => {
  let database: TestDatabase;
  let workspace: Workspace;
  let set: string;
  let month: string;
  let receipt: string;
  let written: Written;
  let publicKey: string;

  const pathOf = (key: string) => join(workspace.backups, key);
  const report = () => workspace.run(['report', '--month', month, '--json']);

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE TABLE "${TABLE}" (id int PRIMARY KEY, note text);
        INSERT INTO "${TABLE}" SELECT n, '${CANARY}' FROM generate_series(1, 45) n`,
    });
    workspace = await makeWorkspace();
    await writeConfig(workspace, {
      databases: { clinic: { url: database.url } },
      plans: { default: { schedule: '0 * * * *', keep: '30d' } },
      objectives: { rto: '4h', rpo: '24h' },
    });
    set = await backUp(workspace);
    month = `${set.slice(0, 4)}-${set.slice(4, 6)}`;
    const rehearsed = ['--rehearsal', '--notes', NOTES];
    const drill = await workspace.run(['drill', '--tester', TABLE, ...rehearsed, '--json']);
    expect(drill.status, drill.stderr).toBe(0);
    receipt = drill.json<{ receiptKey: string }>().receiptKey;
    expect(await workspace.run(['audit', 'seal'])).toMatchObject({ status: 0 });
    const [day] = (await workspace.objects()).filter((name) => /^audit\/\d/.test(name));
    await writeFile(pathOf(`${day}-of-nobody.json`), '{}');
    const first = await report();
    expect(first.status, first.stderr).toBe(0);
    written = first.json<Written>();
    const [pem = ''] = (await workspace.objects()).filter((name) => /signing-/.test(name));
    publicKey = join(workspace.folder, 'auditor.pem');
    await cp(pathOf(pem), publicKey);
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('names what ran, what can not be read and who tested, and shows no row', async () => {
    const [html, json] = await Promise.all(
      [written.htmlKey, written.jsonKey].map((key) => readFile(pathOf(key), 'utf8')),
    );
    expect(JSON.parse(json ?? '')).toMatchObject({
      month,
      isComplete: false,
      drills: [
        { set, result: 'PASS', tester: TABLE, receipt: 'verified', tables: 1, isRehearsal: true },
      ],
      rehearsedAt: expect.stringMatching(/^20/),
      databases: [{ database: 'clinic', sets: [{ id: set, rows: 45, state: 'PROVEN' }] }],
      records: { byOperation: { backup: 1, drill: 1 }, unreadable: [{ repository: 'local' }] },
      ledgers: [{ repository: 'local', entries: 1 }],
      standing: { scorecard: [{ database: 'clinic', is321: false, copies: [{ set }] }] },
    });
    expect(written).toMatchObject({ drills: 1, runs: { taken: 1 } });
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toContain('<script');
    for (const text of [html, json]) expect(text).not.toContain(CANARY);
  });

  it('leaves a receipt of the drill that names the stored manifest and no row', async () => {
    const envelope = JSON.parse(await readFile(pathOf(receipt), 'utf8'));
    const statement = Buffer.from(envelope.payload, 'base64').toString();
    expect(statement).not.toContain(CANARY);
    expect(JSON.parse(statement)).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: `default/clinic/${set}/manifest.json` }],
      predicate: {
        result: 'PASS',
        rehearsal: true,
        tables: [{ name: TABLE, expected: 45, found: 45, isEqual: true }],
        versions: { holdfast: '0.1.0' },
      },
    });
  });

  it('verifies with the keys of the repository and with a key that was kept', async () => {
    for (const more of [[], ['--public-key', publicKey]]) {
      const verified = await workspace.run(['report', 'verify', month, '--json', ...more]);
      expect(verified.status, verified.stderr).toBe(0);
      expect(verified.json<{ reports: unknown[] }>().reports[0]).toMatchObject({
        id: written.id,
        problem: null,
        files: [{ isUnchanged: true }, { isUnchanged: true }],
      });
    }
    const file = await workspace.run(['report', 'verify', pathOf(written.htmlKey)]);
    expect(file.stdout).toContain('as it was signed by');
  });

  describe('handed to an auditor', () => {
    let folder: string;
    const steps = async () =>
      codeBlocks(sectionOf(await readDocument('docs/EVIDENCE.md'), '### With openssl'))
        .filter(({ language }) => language === 'sh')
        .map(({ text }) => text);
    const shell = (text: string) =>
      execute('bash', ['-euo', 'pipefail', '-c', text], { cwd: folder }).then(
        ({ stdout, stderr }) => `${stdout}${stderr}`,
      );

    beforeAll(async () => {
      await execute('jq', ['--version']).catch((cause: unknown) => {
        throw new Error('This test needs jq: apt-get install jq, or brew install jq.', { cause });
      });
      folder = await mkdtemp(join(tmpdir(), 'hf-auditor-'));
      for (const key of [written.htmlKey, written.jsonKey])
        await cp(pathOf(key), join(folder, key.split('/').at(-1) ?? ''));
      await cp(pathOf(written.statementKey), join(folder, 'envelope.json'));
      await cp(publicKey, join(folder, 'key.pem'));
    });

    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('verifies with openssl as the page says, and not once it was changed', async () => {
      const [unpack = '', ed25519 = '', , files = ''] = await steps();
      expect(await shell(unpack + ed25519)).toContain('Signature Verified Successfully');
      expect((await shell(files)).match(/: OK$/gm)).toHaveLength(2);
      await appendFile(join(folder, 'signed'), ' ');
      await expect(shell(ed25519)).rejects.toThrow();
    });

    it('has a receipt that verifies in the same way', async () => {
      const [unpack = '', ed25519 = '', , subjects = '', stored = ''] = await steps();
      const receiptFolder = folder;
      await cp(pathOf(receipt), join(receiptFolder, 'envelope.json'));
      const manifest = `default/clinic/${set}/manifest.json`;
      const drilled = receipt.replace('.dsse.json', '.json');
      for (const key of [manifest, drilled]) {
        await mkdir(join(folder, key, '..'), { recursive: true });
        await cp(pathOf(key), join(folder, key));
      }
      const said = await shell(unpack + ed25519 + subjects + stored);
      expect(said).toContain('Signature Verified Successfully');
      expect(said.match(/: OK$/gm)).toHaveLength(2);
    });

    it('verifies what a P-256 key signed, as the page says', async () => {
      const { privateKey, publicKey: pair } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const envelope = await signEnvelope(
        {
          keyId: '0'.repeat(16),
          algorithm: 'ecdsa-p256-sha256',
          publicKey: '',
          sign: async (bytes) => sign('sha256', bytes, privateKey),
        },
        { payloadType: STATEMENT_PAYLOAD_TYPE, payload: Buffer.from('{}') },
      );
      await writeFile(join(folder, 'envelope.json'), JSON.stringify(envelope));
      await writeFile(join(folder, 'key.pem'), pair.export({ type: 'spki', format: 'pem' }));
      const [unpack = '', , p256 = ''] = await steps();
      expect(await shell(unpack + p256)).toContain('Verified OK');
    });

    it.skipIf(process.env.HOLDFAST_SKIP_PYTHON === '1')(
      'verifies with securesystemslib as the page says, and not once a file was changed',
      async () => {
        const blocks = codeBlocks(
          sectionOf(await readDocument('docs/EVIDENCE.md'), '### With Python'),
        );
        const venv = await pythonEnvironment(blocks[0]?.text ?? '');
        await writeFile(join(folder, 'verify.py'), blocks[1]?.text ?? '');
        await cp(pathOf(written.statementKey), join(folder, 'envelope.json'));
        await cp(publicKey, join(folder, 'key.pem'));
        const verify = () =>
          execute(join(venv, 'bin/python'), ['verify.py', 'envelope.json', 'key.pem'], {
            cwd: folder,
          });
        expect((await verify()).stdout.match(/is as it was signed/g)).toHaveLength(2);
        await appendFile(join(folder, `${written.id}.json`), ' ');
        await expect(verify()).rejects.toThrow(/was changed/);
      },
    );
  });

  it('fails once a file is changed, gone, or signed by another key', async () => {
    const verify = (...more: string[]) =>
      workspace.run(['report', 'verify', month, '--json', ...more]);
    const original = await readFile(pathOf(written.htmlKey));
    await appendFile(pathOf(written.htmlKey), ' ');
    expectAltered(await verify(), /\.html was changed after it was signed/);
    await rm(pathOf(written.htmlKey));
    expectAltered(await verify(), /\.html is not there/);
    await writeFile(pathOf(written.htmlKey), original);
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
    const otherFile = join(workspace.folder, 'other.pem');
    await writeFile(otherFile, other);
    expectAltered(await verify('--public-key', otherFile), /a key that is not known/);
    expect(await verify()).toMatchObject({ status: 0 });
  });

  it('stays valid when the signing key is gone, and the next report says that there is a new one', async () => {
    await rm(join(workspace.folder, 'signing.pem'));
    const next = await report();
    expect(next.status, next.stderr).toBe(0);
    expect(next.stderr).toMatch(/made a signing key/);
    expect(next.stderr).toMatch(/reports and receipts until now were signed by [0-9a-f]{16}/);
    const old = pathOf(written.htmlKey);
    expect(await workspace.run(['report', 'verify', old, '--public-key', publicKey])).toMatchObject(
      { status: 0 },
    );
    expect(next.json<Written>().id).not.toBe(written.id);
  });

  it('writes nothing without a usable key, and a drill goes on without a receipt', async () => {
    await writeFile(join(workspace.folder, 'signing.pem'), 'no key', { mode: 0o600 });
    const before = await readdir(pathOf(`evidence/${month}`));
    expectFailure(await report(), { code: 'KEY_INVALID' });
    expect(await readdir(pathOf(`evidence/${month}`))).toEqual(before);
    const drill = await workspace.run(['drill', '--json']);
    expect(drill.status, drill.stderr).toBe(0);
    expect(drill.stderr).toMatch(/the drill has no signed receipt: .*signing\.pem/);
    expect(drill.json<object>()).not.toHaveProperty('receiptKey');
  });
});
