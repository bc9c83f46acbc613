import { generateKeyPairSync, type KeyPairKeyObjectResult, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type CallAws, DeployedStack } from '../demo/aws/deployed-stack.ts';
import type { Signer } from '../engine/ports/signer.ts';
import { readPublicKey, signEnvelope } from '../engine/stream/signing/sign-envelope.ts';
import { identify } from '../setup/smoke/identity.ts';
import { PROOFS, proveAll, rowsToProve } from '../setup/smoke/ledger.ts';
import { type Smoke, tryProof } from '../setup/smoke/proof.ts';
import type { Seen } from '../setup/smoke/rehearse.ts';
import { mayLiftLocks } from '../setup/smoke/smoke-config.ts';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/admins/deployer`;
const DONE = { status: 'SUCCEEDED', output: {}, error: undefined };
const KEY = 'smoke/smoke/20261122T020000Z-7f3a/manifest.json';
const VOLUME = 'smoke/smoke/20261122T020000Z-7f3a/data.dump.zst.esdk';
const HOUR_MS = 3_600_000;
const LOCKED = lockedFor(47);
const TARGET = {
  Arn: 'arn:function',
  RoleArn: 'arn:role',
  Input: '{"plan":"smoke","scheduledFor":"<aws.scheduler.scheduled-time>"}',
};

const PAIR = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ENTRY = 'audit/ledger/20261122T022700Z.json';
const ENVELOPE = await envelopeBy(PAIR);
const OTHER_ENVELOPE = await envelopeBy(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
const RECORD = JSON.stringify({
  initiatedBy: { host: `arn:aws:ecs:eu-central-1:${ACCOUNT}:task/x/y` },
});

type Answers = Record<string, unknown>;

/** What an account answers in which everything is as it should be; a function is asked, an Error is thrown. */
const WELL: Answers = {
  'iam SimulatePrincipalPolicy': { EvaluationResults: [{ EvalDecision: 'implicitDeny' }] },
  's3 PutObject': denied(),
  's3 CreateMultipartUpload': { UploadId: 'u' },
  's3 UploadPart': { ETag: 'e', ChecksumCRC32: 'c' },
  's3 CompleteMultipartUpload': denied(),
  's3 GetObjectRetention': LOCKED,
  's3 ListObjectVersions': { Versions: [{ VersionId: 'v' }] },
  's3 DeleteObject': denied(),
  's3 GetBucketLifecycleConfiguration': { Rules: [{ Status: 'Enabled' }] },
  's3 ListObjectsV2': { Contents: [{ Key: 'audit/2026/11/22/x-backup.json' }] },
  's3 GetObject': ({ Key: key }: { Key: string }) => ({ Body: key === ENTRY ? ENVELOPE : RECORD }),
  'kms GetPublicKey': { PublicKey: PAIR.publicKey.export({ type: 'spki', format: 'der' }) },
  'kms Sign': denied('AccessDeniedException'),
  'cloudtrail GetTrailStatus': {
    IsLogging: true,
    LatestDeliveryTime: new Date('2026-11-22T02:00:00Z'),
  },
  'scheduler ListSchedules': { Schedules: [{ Name: 'one' }] },
  'scheduler GetSchedule': { Target: TARGET },
  'stepfunctions DescribeExecution': { status: 'SUCCEEDED', output: '{}' },
  'cloudwatch DescribeAlarms': ringing([7200]),
  'cloudwatch ListMetrics': { Metrics: [{}] },
  'lambda GetAccountSettings': { AccountLimit: { ConcurrentExecutions: 1000 } },
  'lambda Invoke': { Payload: JSON.stringify({ entries: [ENTRY] }) },
  'rds DescribeDBInstances': {
    DBInstances: [{ LatestRestorableTime: new Date('2026-11-22T02:00:00Z') }],
  },
  'sqs ReceiveMessage': {
    Messages: [
      {
        Body: JSON.stringify({
          Message: 'PutBucketLifecycle of holdfast-smoke-1-functions-dead; s3:GetObject',
        }),
        ReceiptHandle: 'r',
      },
    ],
  },
};

async function envelopeBy({ publicKey, privateKey }: KeyPairKeyObjectResult): Promise<string> {
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const { keyId } = readPublicKey(pem, { origin: 'the pair' });
  const signer: Signer = {
    ...{ keyId, algorithm: 'ecdsa-p256-sha256', publicKey: pem },
    sign: async (bytes) => sign('sha256', bytes, privateKey),
  };
  const payload = Buffer.from('{}');
  return JSON.stringify(await signEnvelope(signer, { payloadType: 'text/plain', payload }));
}

function lockedFor(hours: number): Answers {
  return { Retention: { RetainUntilDate: new Date(Date.now() + hours * HOUR_MS) } };
}

/** The replica never hears of what verify did. */
function lastingAway(hours: number) {
  return ({ Bucket }: { Bucket: string }) =>
    Bucket.endsWith('-replica') ? lockedFor(hours) : LOCKED;
}

/** With the values that it rang on. */
function ringing(recentDatapoints: number[]): Answers {
  return {
    MetricAlarms: [
      {
        StateValue: 'ALARM',
        StateReasonData: JSON.stringify({ version: '1.0', recentDatapoints }),
      },
    ],
  };
}

function denied(name = 'AccessDenied'): Error {
  return Object.assign(new Error('no'), { name });
}

const PAGES = [
  {
    subject: '[holdfast smoke-1] CRITICAL absent/broken: backup failed (CONFIG_INVALID)',
    text: '{"schemaVersion":1,"text":"absent/broken"}',
  },
  { subject: '[holdfast smoke-1] CRITICAL smoke/forgotten: missing', text: '{"schemaVersion":1}' },
  {
    subject: 'ALARM: "holdfast-smoke-1-late" in EU (Frankfurt)',
    text: '{"AlarmName":"holdfast-smoke-1-late"}',
  },
  { subject: '', text: 'PutBucketLifecycle of the vault, by a role.' },
];
const SEEN: Seen = {
  ...{
    execution: 'smoke-1',
    run: DONE,
    drill: DONE,
    broken: { ...DONE, status: 'FAILED', error: 'RunFailed' },
  },
  ...{ pages: PAGES, findings: [], remoteStatus: 2, keys: [KEY, VOLUME] },
};

interface Account {
  smoke: Smoke;
  calls: { name: string; input: object }[];
}

function account({
  answers = {},
  seen = {},
}: {
  answers?: Answers;
  seen?: Partial<Seen>;
} = {}): Account {
  const calls: Account['calls'] = [];
  const call: CallAws = async <Answer>(service: string, operation: string, input: object = {}) => {
    calls.push({ name: `${service} ${operation}`, input });
    const found = { ...WELL, ...answers }[`${service} ${operation}`] ?? {};
    const answer = typeof found === 'function' ? (found(input) ?? {}) : found;
    if (answer instanceof Error) throw answer;
    return answer as Answer;
  };
  const outputs = {
    SmokeKeys: { EnvelopeKeyArn: 'arn:key' },
    SmokeRunner: { RunMachine: 'arn:aws:states:x:1:stateMachine:run' },
  };
  const deployed = new DeployedStack({
    call,
    project: 'smoke-1',
    bucket: 'vault',
    outputs,
    pager: 'queue',
  });
  const settings = {
    account: ACCOUNT,
    region: 'eu-central-1',
    replica: 'eu-west-1',
    isLocal: false,
    isKept: false,
  };
  const smoke: Smoke = {
    ...{
      call,
      deployed,
      project: 'smoke-1',
      bucket: 'vault',
      env: {},
      queues: { critical: 'queue', warning: 'queue' },
    },
    settings: { ...settings, databaseSecret: undefined, securityGroups: undefined },
    identity: { account: ACCOUNT, partition: 'aws', principalArn: ROLE },
    database: { secret: 's', securityGroups: [], instance: 'smoke-1' },
    patience: { pollMs: 1, minuteMs: 1 },
    seen: { ...SEEN, ...seen },
  };
  return { smoke, calls };
}

async function outcomeOf(about: string, world: Account): Promise<string> {
  const proof = PROOFS.find((one) => one.about.startsWith(about));
  if (proof === undefined) throw new Error(`there is no proof of ${about}`);
  const { outcome, why } = await tryProof(proof, world.smoke);
  return outcome === 'not proven' ? `not proven: ${why}` : outcome;
}

describe('the smoke test, in an account', () => {
  it('finds everything where everything is as it should be', async () => {
    const outcomes = await Promise.all(
      PROOFS.map(async (proof) => ({ ...(await tryProof(proof, account().smoke)) })),
    );
    expect(outcomes.filter(({ outcome }) => outcome !== 'proven' && outcome !== 'in part')).toEqual(
      [],
    );
  });

  it.each<[about: string, wrong: Parameters<typeof account>[0], complaint: RegExp]>([
    [
      'policies of',
      {
        answers: {
          'iam SimulatePrincipalPolicy': { EvaluationResults: [{ EvalDecision: 'allowed' }] },
        },
      },
      /lets backup do/,
    ],
    [
      'reads that reach EventBridge',
      { answers: { 'sqs ReceiveMessage': {} } },
      /an alert of the read/,
    ],
    ['reads that reach EventBridge', { seen: { keys: [KEY] } }, /no volume to read/],
    [
      '`s3:if-none-match`',
      { answers: { 's3 PutObject': {} } },
      /without If-None-Match was not refused/,
    ],
    [
      '`s3:if-none-match`',
      { answers: { 's3 CompleteMultipartUpload': {} } },
      /multipart upload .* was not refused/,
    ],
    [
      '`s3:if-none-match`',
      { answers: { 's3 CompleteMultipartUpload': denied('InvalidRequest') } },
      /failed with InvalidRequest/,
    ],
    [
      'a trail into',
      { answers: { 'cloudtrail GetTrailStatus': { LatestDeliveryError: 'AccessDenied' } } },
      /can not deliver/,
    ],
    [
      'beyond the list: the lock',
      { answers: { 's3 DeleteObject': {} } },
      /a locked version was not refused/,
    ],
    [
      'the ARN of the task',
      { answers: { 's3 GetObject': { Body: '{"initiatedBy":{"host":"ip-10-0-0-1"}}' } } },
      /names ip-10-0-0-1/,
    ],
    [
      'roles of tasks',
      { seen: { run: { ...DONE, status: 'FAILED', error: 'RunFailed' } } },
      /ended as FAILED/,
    ],
    ['beyond the list: a run that fails', { seen: { broken: DONE } }, /ended as SUCCEEDED/],
    [
      'beyond the list: a plan that nothing starts',
      { seen: { pages: [] } },
      /no message names forgotten/,
    ],
    [
      'signatures of KMS',
      { answers: { 's3 GetObject': { Body: OTHER_ENVELOPE } } },
      /does not verify audit\/ledger\/.*: unknown-key/,
    ],
    [
      'signatures of KMS',
      { answers: { 'kms Sign': {} } },
      /another than seal-ledger was not refused/,
    ],
    ['`holdfast remote`', { seen: { remoteStatus: 1 } }, /ended with 1/],
    [
      'messages by protocol',
      { seen: { pages: [{ subject: '[holdfast smoke-1] x', text: '{}' }] } },
      /is not the JSON/,
    ],
    [
      'messages by protocol',
      { seen: { pages: [{ subject: '[holdfast smoke-1] x', text: 'x' }] } },
      /is not the JSON/,
    ],
    [
      'messages by protocol',
      { seen: { pages: [{ subject: 'ALARM: x', text: '{"schemaVersion":1}' }] } },
      /no message .* is of Holdfast/,
    ],
    [
      'replication of tags',
      { answers: { 's3 GetObjectRetention': denied() } },
      /has not lengthened the lock/,
    ],
    [
      'replication of tags',
      { answers: { 's3 GetObjectRetention': lockedFor(23) } },
      /has not lengthened the lock/,
    ],
    [
      'replication of tags',
      { answers: { 's3 GetObjectRetention': lastingAway(24) } },
      /manifest with the lock .* not within/,
    ],
    [
      'alarms ringing on metrics',
      { answers: { 'cloudwatch DescribeAlarms': ringing([]) } },
      /ALARM by a metric: not within/,
    ],
    [
      'alarms ringing on metrics',
      { answers: { 'cloudwatch DescribeAlarms': { MetricAlarms: [{ StateValue: 'ALARM' }] } } },
      /not within/,
    ],
  ])('does not take for proven what is wrong: %s', async (about, wrong, complaint) => {
    expect(await outcomeOf(about, account(wrong))).toMatch(complaint);
  });

  it('asks Scheduler for the very target of the plan, at a full minute ahead', async () => {
    const world = account();
    expect(await outcomeOf('Scheduler firing', world)).toBe('in part');
    const { input } = world.calls.find(({ name }) => name === 'scheduler CreateSchedule') ?? {};
    expect(input).toMatchObject({
      Target: TARGET,
      GroupName: 'holdfast-smoke-1-plans',
      ActionAfterCompletion: 'DELETE',
    });
    const [, due = ''] =
      /^at\((.+:00)\)$/.exec((input as { ScheduleExpression: string }).ScheduleExpression) ?? [];
    expect(Date.parse(`${due}Z`)).toBeGreaterThan(Date.now() + 60_000);
  });

  it('makes an alarm that rang for want of a metric judge anew', async () => {
    const answers = [ringing([]), ringing([7200])];
    const world = account({ answers: { 'cloudwatch DescribeAlarms': () => answers.shift() } });
    expect(await outcomeOf('alarms ringing on metrics', world)).toBe('in part');
    expect(world.calls.filter(({ name }) => name === 'cloudwatch SetAlarmState')).toMatchObject([
      { input: { StateValue: 'OK' } },
    ]);
  });

  it('ends at once, and takes nothing for wrong, when it is broken off while it waits', async () => {
    const controller = new AbortController();
    const breakOff = () => controller.abort(new Error('ended by SIGINT'));
    const world = account({ answers: { 'cloudtrail GetTrailStatus': breakOff } });
    world.smoke.patience = { pollMs: 600_000, minuteMs: 600_000, signal: controller.signal };
    const told: string[] = [];
    await expect(proveAll(world.smoke, { told: ({ about }) => told.push(about) })).rejects.toThrow(
      'ended by SIGINT',
    );
    expect(told).not.toContainEqual(expect.stringContaining('a trail into'));
  });

  it('has for each of its proofs one line of docs/NOT-YET-PROVEN.md', async () => {
    const rows = await rowsToProve();
    for (const { about } of PROOFS.filter((proof) => !proof.about.startsWith('beyond the list: ')))
      expect(
        rows.filter((row) => row.startsWith(about)),
        about,
      ).toHaveLength(1);
  });
});

describe('who runs the smoke test', () => {
  const of =
    (Arn: string): CallAws =>
    async <Answer>(service: string) =>
      (service === 'sts' ? { Account: ACCOUNT, Arn } : { Role: { Arn: ROLE } }) as Answer;

  it('is the role of a session, with its path, or a user', async () => {
    const session = await identify(
      of(`arn:aws:sts::${ACCOUNT}:assumed-role/deployer/ann`),
      ACCOUNT,
    );
    expect(session).toEqual({ account: ACCOUNT, partition: 'aws', principalArn: ROLE });
    const user = await identify(of(`arn:aws:iam::${ACCOUNT}:user/ann`), ACCOUNT);
    expect([session, user].map(mayLiftLocks)).toEqual([true, true]);
    expect(
      mayLiftLocks({ ...user, principalArn: `arn:aws:sts::${ACCOUNT}:federated-user/ann` }),
    ).toBe(false);
  });

  it.each([
    undefined,
    '',
    '210987654321',
  ])('is refused where HOLDFAST_SMOKE_ACCOUNT is %j', async (expected) => {
    await expect(identify(of(`arn:aws:iam::${ACCOUNT}:user/ann`), expected)).rejects.toThrow(
      `HOLDFAST_SMOKE_ACCOUNT=${ACCOUNT}`,
    );
  });
});
