import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BackupId } from '../../engine/domain/backup-id.ts';
import { objectKey, type SetAddress } from '../../engine/domain/key.ts';
import { readerPolicy } from '../../engine/domain/reader-policy.ts';
import {
  isAllowed,
  type PolicyStatement,
  policiesOf,
  statementsOf,
} from '../fixtures/policy-evaluator.ts';
import { ACCOUNT, exampleConfig, type SynthesizedStack, synthesize } from '../fixtures/stacks.ts';

const SET: SetAddress = {
  plan: 'daily',
  database: 'clinic',
  id: '20261122T020000Z-7f3a' as BackupId,
};
const OTHERS: SetAddress[] = [
  { ...SET, id: '20261121T020000Z-7f3a' as BackupId },
  { ...SET, database: 'lab' },
  { ...SET, plan: 'monthly' },
];
const VOLUME = 'data.dump.zst.esdk';
const THROUGH_S3 = { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' };
const KEY_POLICY: PolicyStatement[] = [
  {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: 'kms:*',
    Resource: '*',
  },
];
const READERS = ['drill', 'restore'] as const;

let runner: SynthesizedStack;
/** ARNs of the two keys, as the templates name them. */
let envelope: string;
let store: string;

beforeAll(() => {
  runner = synthesize(exampleConfig()).Runner;
  const decrypts = policiesOf(runner, 'holdfast-clinic-drill-reader').filter(({ Action }) =>
    [Action].flat().includes('kms:Decrypt'),
  );
  const arnWith = (condition: string) =>
    String(
      decrypts.find(({ Condition }) => JSON.stringify(Condition).includes(condition))?.Resource,
    );
  envelope = arnWith('EncryptionContext');
  store = arnWith('ViaService');
});

describe.each(READERS)('the session by which a %s reads', (kind) => {
  it('reads and opens every object of its set', () => {
    for (const name of [VOLUME, 'globals.sql.zst.esdk', 'manifest.json']) {
      expect(may(kind, 's3:GetObject', arnOf(SET, name)), name).toBe(true);
      expect(may(kind, 'kms:Decrypt', envelope, contextOf(SET, name)), name).toBe(true);
    }
    expect(may(kind, 'kms:Decrypt', store, THROUGH_S3)).toBe(true);
  });

  it('neither reads nor opens an object of another set: of another day, database or plan', () => {
    for (const other of OTHERS)
      expect(may(kind, 's3:GetObject', arnOf(other, VOLUME)), JSON.stringify(other)).toBe(false);
    for (const other of OTHERS.slice(0, 2))
      expect(may(kind, 'kms:Decrypt', envelope, contextOf(other, VOLUME))).toBe(false);
    expect(
      may(kind, 'kms:Decrypt', envelope, {
        ...contextOf(SET, VOLUME),
        'kms:EncryptionContext:project': 'other',
      }),
    ).toBe(false);
    expect(may(kind, 'kms:Decrypt', envelope, {})).toBe(false);
    expect(may(kind, 'kms:Decrypt', store)).toBe(false);
  });

  it('could read the others without its session policy: it is the policy that narrows', () => {
    for (const other of OTHERS)
      expect(may(kind, 's3:GetObject', arnOf(other, VOLUME), {}, { session: undefined })).toBe(
        true,
      );
  });

  it('is told of an object that is gone that it is gone', () => {
    expect(may(kind, 's3:ListBucket', 'arn:aws:s3:::clinic-backups')).toBe(true);
  });

  it('writes, tags, locks and deletes nothing', () => {
    for (const action of [
      's3:PutObject',
      's3:PutObjectTagging',
      's3:PutObjectRetention',
      's3:DeleteObject',
      's3:DeleteObjectVersion',
    ])
      expect(may(kind, action, arnOf(SET, VOLUME)), action).toBe(false);
    expect(may(kind, 'kms:GenerateDataKey', envelope, contextOf(SET, VOLUME))).toBe(false);
  });

  it('is given to the role of that task alone, by the name of a set', () => {
    const [statement, ...more] = trustOf(`holdfast-clinic-${kind}-reader`);
    expect(more).toEqual([]);
    expect(statement).toMatchObject({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Condition: { StringLike: { 'sts:RoleSessionName': '????????T??????Z-????' } },
    });
    const assumes = READERS.filter((task) =>
      policiesOf(runner, `holdfast-clinic-${task}`).some(isAssumptionOf(kind)),
    );
    expect(assumes).toEqual([kind]);
    expect(String(statement?.Principal && Object.values(statement.Principal)[0])).toContain(
      roleId(`holdfast-clinic-${kind}`),
    );
  });
});

describe('what the task itself may', () => {
  it.each(
    READERS,
  )('is to find the set of a %s by manifests and marks, and to open none', (kind) => {
    const own = policiesOf(runner, `holdfast-clinic-${kind}`);
    const mayItself = (action: string, resource: string, conditions = {}) =>
      isAllowed(
        { principal: `role/${kind}`, action, resource, conditions },
        { resource: KEY_POLICY, identity: own },
      );
    expect(mayItself('s3:ListBucket', 'arn:aws:s3:::clinic-backups')).toBe(true);
    expect(mayItself('s3:GetObject', arnOf(SET, 'manifest.json'))).toBe(true);
    expect(mayItself('s3:GetObject', arnOf(SET, VOLUME))).toBe(false);
    expect(mayItself('kms:Decrypt', envelope, contextOf(SET, 'manifest.json'))).toBe(false);
  });

  it('does not thaw in a drill, and does in a restore', () => {
    expect(READERS.filter((kind) => may(kind, 's3:RestoreObject', arnOf(SET, VOLUME)))).toEqual([
      'restore',
    ]);
    expect(may('restore', 's3:RestoreObject', arnOf(OTHERS[0] as SetAddress, VOLUME))).toBe(false);
  });
});

describe('the policy of a session', () => {
  it('allows objects of no other set, whatever plans and databases are called', () => {
    const address = fc.record({
      plan: fc.string({ minLength: 1 }),
      database: fc.string({ minLength: 1, unit: 'binary' }),
    });
    fc.assert(
      fc.property(address, address, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        const session = statementsIn(policyOf({ ...one, id: SET.id }));
        const reads = (set: SetAddress) =>
          isAllowed(
            { principal: 'role/x', action: 's3:GetObject', resource: arnOf(set, VOLUME) },
            { resource: [], identity: session },
          );
        expect([reads({ ...one, id: SET.id }), reads({ ...other, id: SET.id })]).toEqual([
          true,
          false,
        ]);
      }),
    );
  });

  it('holds only what STS takes, and says the same', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as IAM writes its variables
    const named = { ...SET, database: 'клиника ${aws:username} €' };
    const text = policyOf(named);
    expect(text).toMatch(/^[\t\n\r\x20-\xff]+$/);
    expect(JSON.parse(text).Statement[2].Condition.StringEquals).toEqual({
      'kms:EncryptionContext:project': 'clinic',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as IAM writes a dollar sign
      'kms:EncryptionContext:database': 'клиника ${$}{aws:username} €',
      'kms:EncryptionContext:backup': SET.id,
    });
  });
});

function policyOf(set: SetAddress): string {
  return readerPolicy({
    partition: 'aws',
    region: 'eu-central-1',
    bucket: 'clinic-backups',
    key: envelope,
    project: 'clinic',
    set,
  });
}

function statementsIn(policy: string): PolicyStatement[] {
  return JSON.parse(policy).Statement;
}

interface SessionOf {
  session?: PolicyStatement[] | undefined;
}

/** What the reader's role and the policy of its session both allow. */
function may(
  kind: string,
  action: string,
  resource: string,
  conditions: Record<string, string> = {},
  { session }: SessionOf = { session: statementsIn(policyOf(SET)) },
): boolean {
  const identity = policiesOf(runner, `holdfast-clinic-${kind}-reader`);
  const request = {
    principal: `arn:aws:iam::${ACCOUNT}:role/holdfast-clinic-${kind}-reader`,
    action,
    resource,
    conditions,
  };
  return isAllowed(request, {
    resource: KEY_POLICY.filter(() => action.startsWith('kms:')),
    identity,
    session,
  });
}

function arnOf(set: SetAddress, name: string): string {
  return `arn:aws:s3:::clinic-backups/${objectKey(set, name)}`;
}

/** As the engine binds it into each message. */
function contextOf({ database, id }: SetAddress, object: string): Record<string, string> {
  const bound = { project: 'clinic', database, backup: id, object };
  return Object.fromEntries(
    Object.entries(bound).map(([name, value]) => [`kms:EncryptionContext:${name}`, value]),
  );
}

function trustOf(roleName: string): PolicyStatement[] {
  const { AssumeRolePolicyDocument } = runner.resources[roleId(roleName)]?.Properties ?? {};
  return statementsOf(runner, AssumeRolePolicyDocument);
}

function roleId(roleName: string): string {
  return (
    Object.entries(runner.resources).find(
      ([, { Properties }]) => Properties?.RoleName === roleName,
    )?.[0] ?? ''
  );
}

function isAssumptionOf(kind: string): (statement: PolicyStatement) => boolean {
  return ({ Action, Resource }) =>
    [Action].flat().includes('sts:AssumeRole') &&
    String(Resource).includes(roleId(`holdfast-clinic-${kind}-reader`));
}
