import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findSigningKey } from '../../engine/adapters/signing/kms-signer.ts';
import { STACK_ENV } from '../../engine/contract.ts';
import { backupId, basicTime } from '../../engine/domain/backup-id.ts';
import { monthBefore, monthOf } from '../../engine/domain/evidence/month.ts';
import { verifyLedger } from '../../engine/operations/audit/verify-ledger.ts';
import { verifyMonth } from '../../engine/operations/evidence/verify-report.ts';
import { type PublicKey, readPublicKey } from '../../engine/stream/signing/sign-envelope.ts';
import { handler as report } from '../../lambdas/report.ts';
import { handler as sealLedger } from '../../lambdas/seal-ledger.ts';
import { ASKED, askedOf } from '../fixtures/asked-of-s3.ts';
import { makeKmsKey } from '../fixtures/kms.ts';
import { type S3FaultProxy, startS3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import {
  callAws,
  makeStackEnvironment,
  type StackEnvironment,
} from '../fixtures/stack-environment.ts';
import { storeRecord, storeSet } from '../fixtures/stored-sets.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NIGHTLY = { schedule: '0 2 * * *' };
const CLINIC = { databases: { clinic: { secret: 'clinic' } }, plans: { nightly: NIGHTLY } };
const LAST_MONTH = monthBefore(monthOf(new Date()));

let stack: StackEnvironment;
let key: string;
let publicKeys: PublicKey[];
let proxy: S3FaultProxy;

beforeEach(async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  stack = await makeStackEnvironment(CLINIC);
  key = await makeKmsKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  const signer = await findSigningKey(key, { env: stack.env });
  publicKeys = [readPublicKey(signer.publicKey, { origin: 'KMS' })];
  proxy = await startS3FaultProxy();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await proxy.stop();
});

/** The functions read the environment of their process. */
function enter(name: string): void {
  const own = {
    AWS_LAMBDA_FUNCTION_NAME: `holdfast-ward-${name}`,
    AWS_ENDPOINT_URL: proxy.endpoint,
  };
  for (const [variable, value] of Object.entries({
    ...stack.env,
    ...own,
    [STACK_ENV.signingKey]: key,
  }))
    vi.stubEnv(variable, value);
}

const asked = () => askedOf(stack.vault.name, proxy.seen);

async function backUp(at: Date): Promise<void> {
  const { id, ...set } = await storeSet(stack.repository, { startedAt: at, marks: ['checked'] });
  await storeRecord(stack.repository, {
    subject: { operation: 'backup', ...set, backup: id, target: null },
    ...{ outcome: {}, host: 'task', completedAt: new Date(at.getTime() + 60_000) },
  });
}

/** Files in the place of a report and its receipt; that nobody can read them is said in the report. */
async function leaveDrill(at: Date): Promise<void> {
  const stem = `drills/clinic/${basicTime(at)}-${backupId(at, '7f3a')}`;
  for (const suffix of ['.json', '.dsse.json'])
    await stack.repository.put(`${stem}${suffix}`, Buffer.from('{}'));
}

async function recordsOf(operation: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for await (const one of stack.repository.list('audit/'))
    if (one.key.endsWith(`-${operation}.json`))
      found.push(JSON.parse((await stack.repository.get(one.key)).toString()));
  return found;
}

const told = async () =>
  (await stack.told('critical')).flatMap(({ message }) => message.alerts) as object[];

describe('seal-ledger', () => {
  it('makes a chain that the public key alone verifies, and asks for no more than its role may', async () => {
    await backUp(new Date(Date.now() - HOUR_MS));
    enter('seal-ledger');
    const first = await sealLedger({});
    expect(first).toMatchObject({ entries: [expect.any(String)], isOutrun: false });
    await backUp(new Date(Date.now() - 2 * HOUR_MS));
    const second = await sealLedger({ scheduledFor: '2026-11-22T02:27:00Z' });
    expect([first.records, second.records]).toEqual([2, 1]);
    expect(await verifyLedger(stack.repository, { publicKeys, now: new Date() })).toMatchObject({
      faults: [],
      entries: 2,
      records: 3,
      notSealedYet: [],
    });
    expect(asked()).toEqual(ASKED['seal-ledger']);
  });

  it('records a config that is deployed for the first time, and no other', async () => {
    enter('seal-ledger');
    await sealLedger({});
    await sealLedger({});
    const [before, ...others] = await recordsOf('config');
    expect(others).toEqual([]);
    const sha256 = /^config ([0-9a-f]{64}) on holdfast-ward-seal-ledger$/.exec(
      String(before?.notes),
    )?.[1];
    expect(before).toMatchObject({
      ...{ status: 'success', target: stack.env[STACK_ENV.configUri] },
      initiatedBy: { type: 'role', name: 'holdfast-ward-seal-ledger' },
    });
    await stack.deploy({ ...CLINIC, plans: { nightly: { ...NIGHTLY, keep: '91d' } } });
    enter('seal-ledger');
    await sealLedger({});
    const notes = (await recordsOf('config')).map((one) => String(one.notes));
    expect(notes).toHaveLength(2);
    expect(notes.filter((text) => text.endsWith(`, was ${sha256}`))).toHaveLength(1);
  });

  it('tells when its key is disabled, and when it seals again', async () => {
    enter('seal-ledger');
    await callAws('kms', 'DisableKey', { KeyId: key });
    await expect(sealLedger({})).rejects.toMatchObject({ name: 'KEY_UNUSABLE' });
    expect(await told()).toMatchObject([
      { key: 'run/seal-ledger/*/*', runbook: expect.stringMatching(/#ledger-has-a-gap$/) },
    ]);
    await callAws('kms', 'EnableKey', { KeyId: key });
    await sealLedger({});
    expect(await told()).toMatchObject([{ kind: 'recovered' }]);
  });
});

describe('report', () => {
  it('writes the month before, which the public key verifies, and asks for no more than its role may', async () => {
    for (let day = 0; day < 3; day += 1)
      await backUp(new Date(LAST_MONTH.from.getTime() + 2 * HOUR_MS + day * DAY_MS));
    enter('seal-ledger');
    await sealLedger({});
    enter('report');
    await report({ month: monthBefore(LAST_MONTH).name });
    await leaveDrill(new Date(LAST_MONTH.from.getTime() + 5 * DAY_MS));
    proxy.seen.length = 0;
    const written = await report({ scheduledFor: new Date().toISOString() });
    expect(written).toMatchObject({ month: LAST_MONTH.name, isComplete: true });
    expect(written.runs.taken).toBe(3);
    expect(asked()).toEqual(ASKED.report);
    const place = { name: 'cloud', repository: stack.repository };
    const month = LAST_MONTH.name;
    expect(await verifyMonth(place, { month, keys: publicKeys })).toMatchObject([
      { id: written.id, problem: null, keyId: publicKeys[0]?.keyId },
    ]);
    expect((await recordsOf('report')).map(({ notes }) => notes)).toContain(
      `evidence of ${month}: ${written.htmlKey}`,
    );
  });

  it('is made of any month that a person names, and refuses what is no month', async () => {
    enter('report');
    expect(await report({ month: '2026-01' })).toMatchObject({ month: '2026-01' });
    await expect(report({ month: 'May' })).rejects.toMatchObject({ name: 'USAGE' });
    await expect(report({})).rejects.toMatchObject({ name: 'USAGE' });
  });

  it('grants a new plan the grace that check grants it', async () => {
    enter('report');
    const { jsonKey } = await report({ month: LAST_MONTH.name });
    const { standing } = JSON.parse((await stack.repository.get(jsonKey)).toString());
    expect(JSON.stringify(standing.findings)).not.toContain('missing');
  });
});
