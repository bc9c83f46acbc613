import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DeployedClinic } from '../../demo/aws/deployed-clinic.ts';
import { TASK_PROGRAM } from '../../demo/aws/local-deployment.ts';
import { makeS3Client } from '../../engine/adapters/s3-client.ts';
import { findSigningKey } from '../../engine/adapters/signing/kms-signer.ts';
import { openBucket } from '../../engine/composition/bucket.ts';
import { RUNBOOK } from '../../engine/contract.ts';
import { verifyLedger } from '../../engine/operations/audit/verify-ledger.ts';
import { verifyMonth } from '../../engine/operations/evidence/verify-report.ts';
import { readPublicKey } from '../../engine/stream/signing/sign-envelope.ts';
import { ROOT } from '../fixtures/document.ts';
import { ledgerScript } from '../fixtures/ledger-script.ts';

const NIGHTLY = { schedule: '0 2 * * *', keep: '90d' };
const LONG = 300_000;

interface RunOutput {
  results: { database: string; status: string; set?: string; error?: { code: string } }[];
}

interface Finding {
  verdict: string;
}

interface Credentials {
  AccessKeyId: string;
  SecretAccessKey: string;
  SessionToken?: string;
}

// One story: a second try of one part would begin in the midst of it.
describe('the stack, deployed by cdk deploy into a local AWS', { retry: 0 }, () => {
  let deployed: DeployedClinic;
  let scheduledFor: Date;

  beforeAll(async () => {
    deployed = await DeployedClinic.start({
      signal: new AbortController().signal,
      say: () => undefined,
      plans: { nightly: NIGHTLY },
    });
    scheduledFor = new Date();
  }, LONG);
  afterAll(() => deployed?.stop());

  const run = async (at: Date) => {
    const execution = await deployed.comesTime('nightly', at);
    return { execution, ...(await deployed.ended(execution)) };
  };
  const later = (seconds: number) => new Date(scheduledFor.getTime() + seconds * 1000);
  const drill = async (seconds: number) =>
    deployed.ended(await deployed.comesTimeOfDrills(later(seconds)), 'DrillMachine');
  const pagesAbout = async (word: RegExp) =>
    (await deployed.pages()).filter(({ subject, text }) => word.test(subject + text));

  it('wakes nobody for the backups that it does not have yet while its grace lasts', async () => {
    await deployed.invoke('check', {});
    expect(await pagesAbout(/missing|late/)).toEqual([]);
  });

  it(
    'backs up into the vault and verifies it with another role, when the time comes',
    async () => {
      const { status, output } = await run(scheduledFor);
      expect({ status, results: (output as RunOutput).results }).toMatchObject({
        status: 'SUCCEEDED',
        results: [{ database: 'clinic', status: 'done', set: expect.stringMatching(/^\d{8}T/) }],
      });
      const names = (await deployed.objectsOf('nightly'))
        .map((key) => key.split('/').at(-1))
        .sort();
      expect(names).toEqual([
        expect.stringMatching(/^checked-/),
        'data.dump.zst.esdk',
        'globals.sql.zst.esdk',
        'manifest.json',
        'schema.dump.zst.esdk',
      ]);
    },
    LONG,
  );

  it('does nothing when the same time is delivered twice', async () => {
    const before = await deployed.objectsOf('nightly');
    const again = await deployed.invoke<{ isNew: boolean }>('start-run', {
      plan: 'nightly',
      scheduledFor: `${scheduledFor.toISOString().slice(0, 19)}Z`,
    });
    expect(again.isNew).toBe(false);
    expect(await deployed.objectsOf('nightly')).toEqual(before);
  });

  it(
    'proves the newest set by a drill',
    async () => {
      expect(await drill(1)).toMatchObject({ status: 'SUCCEEDED' });
      expect((await deployed.objectsOf('nightly')).some((key) => /proven-/.test(key))).toBe(true);
    },
    LONG,
  );

  it(
    'seals its records into a chain and reports the month, which the public keys of KMS alone verify, with the receipt of the drill',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'hf-evidence-'));
      const publicKeyOf = async (name: string) => {
        const { publicKey } = await findSigningKey(`alias/holdfast-clinic-${name}`, {
          env: deployed.env,
        });
        return publicKey;
      };
      const repository = openBucket({ bucket: deployed.bucket }, deployed.env);
      const first = await deployed.invoke<{ entries: string[] }>('seal-ledger', {});
      const second = await deployed.invoke<{ entries: string[] }>('seal-ledger', {});
      expect(second.entries).not.toEqual(first.entries);
      const ledgerKey = await publicKeyOf('ledger');
      const verifyByScript = await ledgerScript(repository, { folder, publicKey: ledgerKey });
      expect((await verifyByScript()).stdout).toMatch(
        /^the ledger begins with .*\nthe newest entry is [0-9a-f]{64}, of /,
      );
      const publicKeys = [readPublicKey(ledgerKey, { origin: 'KMS' })];
      const verified = await verifyLedger(repository, { publicKeys, now: new Date() });
      expect(verified).toMatchObject({ faults: [], entries: 2, notSealedYet: [] });

      const month = new Date().toISOString().slice(0, 7);
      const { jsonKey } = await deployed.invoke<{ jsonKey: string }>('report', { month });
      const keys = [readPublicKey(await publicKeyOf('evidence'), { origin: 'KMS' })];
      const place = { name: 'cloud', repository };
      expect(await verifyMonth(place, { month, keys })).toMatchObject([{ problem: null }]);
      const { drills, ledgers } = JSON.parse((await repository.get(jsonKey)).toString());
      expect(drills).toMatchObject([{ database: 'clinic', result: 'PASS', receipt: 'verified' }]);
      expect(ledgers).toMatchObject([{ entries: 2, problems: [] }]);
      await expect(verifyMonth(place, { month, keys: publicKeys })).resolves.toMatchObject([
        { problem: expect.stringContaining('a key that is not known') },
      ]);
      await rm(folder, { recursive: true });
    },
    LONG,
  );

  it('is well when it is checked then, and prune lets nothing go', async () => {
    await deployed.invoke('check', {});
    expect(await deployed.invoke('prune', {})).toMatchObject({ released: [] });
    expect(await pagesAbout(/CRITICAL/)).toEqual([]);
  });

  it(
    'tells of a read by anybody but its readers, once while it goes on',
    async () => {
      const call = deployed.stack.call.bind(deployed.stack);
      const volume = (await deployed.objectsOf('nightly')).find((key) => key.endsWith('.esdk'));
      const read = async ({ AccessKeyId, SecretAccessKey, SessionToken }: Credentials) => {
        const env = {
          ...deployed.env,
          AWS_ACCESS_KEY_ID: AccessKeyId,
          AWS_SECRET_ACCESS_KEY: SecretAccessKey,
          ...(SessionToken === undefined ? {} : { AWS_SESSION_TOKEN: SessionToken }),
        };
        const client = makeS3Client({ env, region: 'eu-central-1' });
        await client.send(new GetObjectCommand({ Bucket: deployed.bucket, Key: volume }));
      };
      const sessionOf = async (role: string) => {
        const RoleArn = `arn:aws:iam::123456789012:role/holdfast-clinic-${role}`;
        const wish = { RoleArn, RoleSessionName: 'by-hand' };
        return (await call<{ Credentials: Credentials }>('sts', 'AssumeRole', wish)).Credentials;
      };
      const UserName = 'eve';
      await call('iam', 'CreateUser', { UserName });
      const made = await call<{ AccessKey: Credentials }>('iam', 'CreateAccessKey', { UserName });
      const told = async () => {
        await new Promise((resolve) => setTimeout(resolve, 5_000));
        return (await deployed.pages()).map(({ subject }) => subject);
      };
      await read(await sessionOf('verify'));
      expect(await told()).toEqual([]);
      await read(made.AccessKey);
      const subject = /^\[holdfast clinic\] CRITICAL user\/eve read clinic \d{8}T/;
      await vi.waitUntil(async () => {
        const [page, ...more] = await deployed.pages();
        return page !== undefined && more.length === 0 && subject.test(page.subject);
      }, LONG);
      // One after the other: Lambda does that by the function's concurrency, which the local AWS does not know.
      await read(made.AccessKey);
      await read(await sessionOf('check'));
      expect(await told()).toEqual([
        expect.stringContaining('CRITICAL role/holdfast-clinic-check read clinic'),
      ]);
    },
    LONG,
  );

  const failing = async (seconds: number, program: readonly string[] | undefined) =>
    deployed.withProgram(program, async () => {
      expect(await run(later(seconds))).toMatchObject({ status: 'FAILED', error: 'RunFailed' });
    });
  /** The good run tells the end itself, and nobody tells it again. */
  const recover = async (seconds: number) => {
    expect(await run(later(seconds))).toMatchObject({ status: 'SUCCEEDED' });
    expect(await pagesAbout(/recovered/)).toHaveLength(1);
    await deployed.invoke('check', {});
    expect(await pagesAbout(/recovered/)).toEqual([]);
  };

  it(
    'rings once when tasks die of memory, whatever else fails within the cool-down, and says when all is well',
    async () => {
      await failing(10, ['sh', '-c', 'exit 137']);
      const [page, ...more] = await pagesAbout(/clinic\/nightly: backup failed/);
      expect(page?.text).toMatch(/memory/i);
      expect(page?.text).toContain('still safe');
      await failing(11, ['sh', '-c', 'exit 42']);
      expect([...more, ...(await deployed.pages())]).toEqual([]);
      await recover(12);
    },
    LONG,
  );

  it(
    'rings when a task never starts',
    async () => {
      await failing(20, undefined);
      expect((await pagesAbout(/clinic\/nightly: backup failed/))[0]?.text).toMatch(
        /never started|pull/i,
      );
      await recover(21);
    },
    LONG,
  );

  it(
    'rings when a drill fails, and says when the next one goes well',
    async () => {
      await deployed.withProgram(['sh', '-c', 'exit 1'], async () => {
        expect(await drill(25)).toMatchObject({ status: 'FAILED', error: 'RunFailed' });
      });
      expect(await pagesAbout(/clinic: drill failed/)).toHaveLength(1);
      expect(await drill(26)).toMatchObject({ status: 'SUCCEEDED' });
      const [page, ...more] = await deployed.pages();
      expect([page?.subject, ...more]).toEqual([
        '[holdfast clinic] OK, recovered: clinic: drill failed (TASK_FAILED)',
      ]);
    },
    LONG,
  );

  it(
    'goes on with a run during which it is deployed: of its tasks, those that come later are of the new revision',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'hf-gate-'));
      const gate = join(folder, 'open');
      const waiting = [
        'sh',
        '-c',
        ': > "$0.reached"; until [ -e "$0" ]; do sleep 0.1; done; exec "$@"',
        gate,
        ...TASK_PROGRAM,
      ];
      await deployed.withProgram(waiting, async () => {
        const execution = await deployed.comesTime('nightly', later(27));
        await vi.waitUntil(() => existsSync(`${gate}.reached`), { timeout: LONG });
        await deployed.deploy({ nightly: { ...NIGHTLY, keep: '91d' } });
        await writeFile(gate, '');
        expect(await deployed.ended(execution)).toMatchObject({ status: 'SUCCEEDED' });
      });
      await rm(folder, { recursive: true });
      expect(await deployed.pages()).toEqual([]);
    },
    LONG,
  );

  it(
    'rings when a table lost all its rows, and takes the set as the new normal once it is accepted',
    async () => {
      const doubts = async () => {
        const { findings } = await deployed.invoke<{ findings: Finding[] }>('check', {});
        const verdicts = findings.map(({ verdict }) => verdict);
        return verdicts.filter((verdict) => verdict === 'shrunk' || verdict === 'frozen').sort();
      };
      const subjects = async () => (await deployed.pages()).map(({ subject }) => subject);
      expect(await doubts()).toEqual([]);
      await deployed.pages();
      await deployed.clinic.query('TRUNCATE vitals_samples');
      const { status, output } = await run(later(22));
      expect({ status, output }).toMatchObject({ status: 'FAILED' });
      const [page, ...more] = await deployed.pages();
      expect(more).toEqual([]);
      expect(page?.subject).toContain('CRITICAL');
      expect(page?.subject).toContain('clinic/nightly: verify failed (ANOMALY_FOUND)');
      for (const word of ['vitals_samples', `docs/RUNBOOK.md#${RUNBOOK.shrunk}`])
        expect(page?.text).toContain(word);
      const suspects = (await deployed.objectsOf('nightly')).filter((key) =>
        key.includes('/suspect-'),
      );
      const id = suspects.toSorted().at(-1)?.split('/')[2] ?? '';
      expect(await doubts()).toEqual(['frozen', 'shrunk']);
      expect(await subjects()).toEqual([
        '[holdfast clinic] CRITICAL clinic/nightly in cloud: shrunk',
      ]);
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [join(ROOT, 'bin/holdfast.ts'), 'accept', id, '--json'],
        { env: { ...process.env, ...deployed.env, HOLDFAST_KMS_KEY: 'alias/holdfast-clinic' } },
      );
      expect(JSON.parse(stdout)).toMatchObject({ id, accepts: expect.any(Array) });
      expect(await doubts()).toEqual([]);
      expect(await subjects()).toEqual([
        '[holdfast clinic] OK, recovered: clinic/nightly in cloud: shrunk',
      ]);
      await recover(23);
    },
    LONG,
  );

  it(
    'reads old sets again when their time comes, and sends what is damaged and when it is well',
    async () => {
      const keys = await deployed.objectsOf('nightly');
      const ids = [...new Set(keys.map((key) => key.split('/')[2] ?? ''))].sort();
      const [oldest = ''] = ids;
      const Key = `nightly/clinic/${oldest}/data.dump.zst.esdk`;
      await deployed.stack.call('s3', 'PutObject', { Bucket: deployed.bucket, Key, Body: 'rot' });
      const [started, ...others] = await deployed.comesTimeOfRereads(later(28));
      expect({ started, others }).toMatchObject({ started: { isNew: true }, others: [] });
      const execution = started?.execution ?? '';
      const ended = await deployed.ended(execution, 'RereadMachine');
      expect(ended).toMatchObject({ status: 'FAILED', error: 'RunFailed' });
      const [page, ...more] = await deployed.pages();
      expect(more).toEqual([]);
      expect(page?.subject).toContain('clinic/nightly: reading again failed');
      for (const word of [oldest, 'still safe', 'docs/RUNBOOK.md#reading-again-failed'])
        expect(page?.text).toContain(word);
      const marks = (await deployed.objectsOf('nightly')).filter((key) => !keys.includes(key));
      expect(marks.filter((key) => key.includes(`/${oldest}/suspect-`))).toHaveLength(1);
      expect(marks.some((key) => !key.includes(oldest) && key.includes('/checked-'))).toBe(true);
      expect(await deployed.comesTimeOfRereads(later(28))).toMatchObject([{ isNew: false }]);

      const [next] = await deployed.comesTimeOfRereads(later(29));
      expect(await deployed.ended(next?.execution ?? '', 'RereadMachine')).toMatchObject({
        status: 'SUCCEEDED',
      });
      expect(await pagesAbout(/recovered.*reading again failed/)).toHaveLength(1);
    },
    LONG,
  );

  it(
    'rings when the secret is gone, and when the database is',
    async () => {
      await deployed.stack.call('secretsmanager', 'DeleteSecret', {
        SecretId: 'clinic/backup',
        ForceDeleteWithoutRecovery: true,
      });
      expect(await run(later(30))).toMatchObject({ status: 'FAILED' });
      expect(await pagesAbout(/clinic\/nightly: backup failed/)).toHaveLength(1);
      await deployed.makeSecret();
      await recover(31);
      await deployed.clinic.stop();
      expect(await run(later(32))).toMatchObject({ status: 'FAILED' });
      expect((await pagesAbout(/clinic\/nightly: backup failed/))[0]?.text).toContain(
        'connection refused',
      );
    },
    LONG,
  );

  it(
    'takes a plan more while it lives, and misses its backups',
    async () => {
      await deployed.deploy({ nightly: NIGHTLY, forgotten: { maxAge: '1s', keep: '90d' } });
      await deployed.invoke('check', {});
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await deployed.invoke('check', {});
      expect(await pagesAbout(/clinic\/forgotten.*missing/)).toHaveLength(1);
    },
    LONG,
  );

  it(
    'loses its runner alone when it is destroyed, and is deployed again over what stayed',
    async () => {
      const before = await deployed.objectsOf('nightly');
      await expect(deployed.destroy()).rejects.toThrow(/ClinicVault.*TerminationProtection/);
      const StackName = 'ClinicRunner';
      await expect(
        deployed.stack.call('cloudformation', 'DescribeStacks', { StackName }),
      ).rejects.toThrow(/does not exist/);
      await deployed.deploy({ nightly: NIGHTLY });
      expect(await deployed.invoke('prune', {})).toMatchObject({ released: [] });
      expect(await deployed.objectsOf('nightly')).toEqual(before);
    },
    LONG,
  );
});
