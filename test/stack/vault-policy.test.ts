import { beforeAll, describe, expect, it } from 'vitest';
import {
  isAllowed,
  type PolicyStatement,
  type Request,
  statementsOf,
} from '../fixtures/policy-evaluator.ts';
import {
  ACCOUNT,
  exampleConfig,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

const VAULT = 'arn:aws:s3:::clinic-backups';
const OBJECT = `${VAULT}/daily/clinic/20261122T020000Z-7f3a/data.dump.zst.esdk`;
const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const BREAK_GLASS = role('holdfast-clinic-break-glass');
const PRUNE = role('holdfast-clinic-prune');
const VERIFY = role('holdfast-clinic-verify');
const ADMIN = role('Admin');
const DEPLOYER = role(`cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-eu-central-1`);

/** Of the plan `archive`. */
const LONGEST_KEEP_DAYS = 6 * 366;

/** Whatever IAM could give: the policy of the bucket has to hold against it. */
const EVERYTHING: PolicyStatement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];

let stacks: ReturnType<typeof synthesize>;
let vault: PolicyStatement[];
let replica: PolicyStatement[];

beforeAll(() => {
  stacks = synthesize(exampleConfig());
  vault = policyOf(stacks.Vault, 'clinic-backups');
  replica = policyOf(stacks.Replica, 'clinic-backups-replica');
});

describe('the policy of the vault, against a principal that IAM allows everything', () => {
  const may = (request: Request) => isAllowed(request, { resource: vault, identity: EVERYTHING });
  const put = (conditions: Record<string, string>, principal = ADMIN) =>
    may({ principal, action: 's3:PutObject', resource: OBJECT, conditions });

  it('takes an object only with If-None-Match, from anybody', () => {
    for (const principal of [ADMIN, BREAK_GLASS, PRUNE, DEPLOYER]) {
      expect(put({ 's3:ObjectCreationOperation': 'true' }, principal)).toBe(false);
      expect(
        put({ 's3:ObjectCreationOperation': 'true', 's3:if-none-match': '*' }, principal),
      ).toBe(true);
    }
  });

  it('lets a multipart upload begin and send its parts, which can carry no condition', () => {
    expect(put({ 's3:ObjectCreationOperation': 'false' })).toBe(true);
  });

  it('takes nothing over plain HTTP, and shows nothing', () => {
    const plain = {
      'aws:SecureTransport': 'false',
      's3:if-none-match': '*',
      's3:ObjectCreationOperation': 'true',
    };
    expect(put(plain)).toBe(false);
    expect(
      may({ principal: BREAK_GLASS, action: 's3:GetObject', resource: OBJECT, conditions: plain }),
    ).toBe(false);
    expect(
      may({ principal: BREAK_GLASS, action: 's3:ListBucket', resource: VAULT, conditions: plain }),
    ).toBe(false);
  });

  it.each([
    's3:DeleteObject',
    's3:DeleteObjectVersion',
    's3:BypassGovernanceRetention',
    's3:PutObjectLegalHold',
  ])('leaves %s to the break-glass role alone', (action) => {
    for (const principal of [ADMIN, PRUNE, DEPLOYER, role('holdfast-clinic-backup')])
      expect(may({ principal, action, resource: OBJECT })).toBe(false);
    expect(may({ principal: BREAK_GLASS, action, resource: OBJECT })).toBe(true);
  });

  it.each([
    's3:PutObjectTagging',
    's3:PutObjectVersionTagging',
    's3:DeleteObjectTagging',
    's3:DeleteObjectVersionTagging',
  ])('leaves %s, which is the way out, to prune and the break-glass role', (action) => {
    for (const principal of [
      ADMIN,
      DEPLOYER,
      role('holdfast-clinic-backup'),
      role('holdfast-clinic-verify'),
    ])
      expect(may({ principal, action, resource: OBJECT })).toBe(false);
    for (const principal of [BREAK_GLASS, PRUNE])
      expect(may({ principal, action, resource: OBJECT })).toBe(true);
  });

  it.each([
    's3:PutBucketPolicy',
    's3:DeleteBucketPolicy',
    's3:PutLifecycleConfiguration',
    's3:PutBucketVersioning',
    's3:PutBucketObjectLockConfiguration',
    's3:PutReplicationConfiguration',
    's3:PutEncryptionConfiguration',
    's3:PutBucketPublicAccessBlock',
    's3:DeleteBucket',
  ])('leaves %s to CloudFormation and the break-glass role', (action) => {
    for (const principal of [ADMIN, PRUNE])
      expect(may({ principal, action, resource: VAULT })).toBe(false);
    for (const principal of [BREAK_GLASS, DEPLOYER])
      expect(may({ principal, action, resource: VAULT })).toBe(true);
  });

  it('lets nobody lock an object for longer than a plan keeps, nor for good where locks can be lifted', () => {
    const lock = (principal: string, days: number, mode = 'GOVERNANCE') => {
      const conditions = {
        's3:object-lock-remaining-retention-days': String(days),
        's3:object-lock-mode': mode,
      };
      return may({ principal, action: 's3:PutObjectRetention', resource: OBJECT, conditions });
    };
    for (const principal of [ADMIN, PRUNE, VERIFY, DEPLOYER]) {
      expect(lock(principal, LONGEST_KEEP_DAYS), principal).toBe(true);
      expect(lock(principal, 2 * LONGEST_KEEP_DAYS), principal).toBe(false);
    }
    expect([ADMIN, PRUNE, VERIFY].map((principal) => lock(principal, 28, 'COMPLIANCE'))).toEqual([
      false,
      true,
      true,
    ]);
    expect(lock(BREAK_GLASS, 2 * LONGEST_KEEP_DAYS, 'COMPLIANCE')).toBe(true);
  });

  it('lets everybody whom IAM lets lock for good in mode compliance, and for no longer', () => {
    const { Vault } = synthesize(
      exampleConfig(({ aws }) => {
        aws.lock.mode = 'compliance';
      }),
    );
    const policies = { resource: policyOf(Vault, 'clinic-backups'), identity: EVERYTHING };
    const lock = (days: number) => {
      const conditions = {
        's3:object-lock-remaining-retention-days': String(days),
        's3:object-lock-mode': 'COMPLIANCE',
      };
      return isAllowed(
        { principal: ADMIN, action: 's3:PutObjectRetention', resource: OBJECT, conditions },
        policies,
      );
    };
    expect([lock(LONGEST_KEEP_DAYS), lock(2 * LONGEST_KEEP_DAYS)]).toEqual([true, false]);
  });

  it('names the break-glass role that the config names', () => {
    const ours = role('teams/on-call');
    const { Vault, Keys } = synthesize(
      exampleConfig((input) => {
        input.aws.breakGlassRole = ours;
      }),
    );
    const policies = { resource: policyOf(Vault, 'clinic-backups'), identity: EVERYTHING };
    expect(
      isAllowed({ principal: ours, action: 's3:DeleteObjectVersion', resource: OBJECT }, policies),
    ).toBe(true);
    expect(
      isAllowed(
        { principal: BREAK_GLASS, action: 's3:DeleteObjectVersion', resource: OBJECT },
        policies,
      ),
    ).toBe(false);
    expect(resourcesOf(Keys, 'AWS::IAM::Role')).toEqual([]);
  });
});

describe('the policy of the replica', () => {
  const may = (request: Request) => isAllowed(request, { resource: replica, identity: EVERYTHING });
  const object = OBJECT.replace(VAULT, `${VAULT}-replica`);

  it('bounds locks as that of the vault does', () => {
    const lock = (days: number) => {
      const conditions = {
        's3:object-lock-remaining-retention-days': String(days),
        's3:object-lock-mode': 'GOVERNANCE',
      };
      return may({
        principal: ADMIN,
        action: 's3:PutObjectRetention',
        resource: object,
        conditions,
      });
    };
    expect([lock(LONGEST_KEEP_DAYS), lock(2 * LONGEST_KEEP_DAYS)]).toEqual([true, false]);
  });

  it('takes copies from the role of replication only', () => {
    expect(
      may({
        principal: role('holdfast-clinic-replication'),
        action: 's3:ReplicateObject',
        resource: object,
      }),
    ).toBe(true);
    expect(
      may({
        principal: role('holdfast-clinic-replication'),
        action: 's3:ReplicateTags',
        resource: object,
      }),
    ).toBe(true);
    for (const action of ['s3:ReplicateObject', 's3:ReplicateTags', 's3:ReplicateDelete'])
      expect(may({ principal: ADMIN, action, resource: object })).toBe(false);
  });

  it('takes no object and no tag from anybody else, and gives up no version', () => {
    const conditions = { 's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true' };
    for (const principal of [ADMIN, PRUNE, role('holdfast-clinic-replication')])
      for (const action of [
        's3:PutObject',
        's3:PutObjectTagging',
        's3:DeleteObjectVersion',
        's3:DeleteObject',
        's3:BypassGovernanceRetention',
      ])
        expect(may({ principal, action, resource: object, conditions })).toBe(false);
  });
});

describe('every bucket', () => {
  const buckets = () =>
    [stacks.Vault, stacks.Replica].flatMap((stack) =>
      resourcesOf(stack, 'AWS::S3::Bucket').map((bucket) => ({ stack, bucket })),
    );

  it('has a policy, refuses plain HTTP, and allows nothing to everybody', () => {
    expect(buckets()).toHaveLength(6);
    for (const { stack, bucket } of buckets()) {
      const name = bucket.Properties.BucketName as string;
      const policy = policyOf(stack, name);
      const request = {
        principal: ADMIN,
        action: 's3:GetObject',
        resource: `arn:aws:s3:::${name}/x`,
        conditions: PLAIN,
      };
      expect(isAllowed(request, { resource: policy, identity: EVERYTHING }), name).toBe(false);
      for (const { Effect, Principal } of policy)
        if (Effect === 'Allow') expect(JSON.stringify(Principal), name).not.toContain('*');
    }
  });
});

describe('the bucket of the trail', () => {
  const log = `${VAULT}-trail/AWSLogs/${ACCOUNT}/CloudTrail/eu-central-1/2026/11/22/one.json.gz`;
  const conditions = {
    'aws:SourceArn': `arn:aws:cloudtrail:eu-central-1:${ACCOUNT}:trail/holdfast-clinic-trail`,
    's3:x-amz-acl': ACL,
  };
  const may = (request: Request, identity: PolicyStatement[]) =>
    isAllowed(request, { resource: policyOf(stacks.Vault, 'clinic-backups-trail'), identity });

  it('takes files of this trail, and of no other', () => {
    const deliver = {
      principal: 'cloudtrail.amazonaws.com',
      action: 's3:PutObject',
      resource: log,
    };
    expect(may({ ...deliver, conditions }, [])).toBe(true);
    expect(
      may(
        {
          ...deliver,
          conditions: {
            ...conditions,
            'aws:SourceArn': 'arn:aws:cloudtrail:eu-central-1:1:trail/x',
          },
        },
        [],
      ),
    ).toBe(false);
  });

  it('gives up nothing', () => {
    for (const action of [
      's3:DeleteObjectVersion',
      's3:DeleteObject',
      's3:BypassGovernanceRetention',
      's3:PutObjectTagging',
    ])
      expect(may({ principal: ADMIN, action, resource: log }, EVERYTHING)).toBe(false);
  });
});

describe('the evaluator', () => {
  it('judges no condition that it does not know', () => {
    const statement: PolicyStatement = {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: '*',
      Condition: { IpAddress: { 'aws:SourceIp': '::1' } },
    };
    expect(() =>
      isAllowed(
        { principal: ADMIN, action: 's3:GetObject', resource: OBJECT },
        { resource: [statement] },
      ),
    ).toThrow('knows no IpAddress of aws:SourceIp');
  });

  it('allows what nobody denies and somebody allows, and nothing else', () => {
    const request = { principal: ADMIN, action: 's3:GetObject', resource: OBJECT };
    expect(isAllowed(request, { resource: vault })).toBe(false);
    expect(isAllowed(request, { resource: vault, identity: EVERYTHING })).toBe(true);
  });
});

const PLAIN = { 'aws:SecureTransport': 'false' };
const ACL = 'bucket-owner-full-control';

function policyOf(stack: SynthesizedStack, name: string): PolicyStatement[] {
  const [id] =
    Object.entries(stack.resources).find(([, { Properties }]) => Properties?.BucketName === name) ??
    [];
  const found = resourcesOf(stack, 'AWS::S3::BucketPolicy').find(
    ({ Properties }) => Properties.Bucket.Ref === id,
  );
  if (found === undefined) throw new Error(`${name} has no policy`);
  return statementsOf(stack, found.Properties.PolicyDocument);
}
