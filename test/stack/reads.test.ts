import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { OUR_READERS } from '../../engine/domain/access/disclosing.ts';
import { FUNCTION_NAMES } from '../../lib/runner/runner-functions.ts';
import { matches } from '../fixtures/event-pattern.ts';
import {
  isAllowed,
  type PolicyStatement,
  policiesOf,
  resolved,
} from '../fixtures/policy-evaluator.ts';
import {
  ACCOUNT,
  exampleConfig,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

const HOME = 'eu-central-1';
const AWAY = 'eu-west-1';
const PLACES = [
  { region: HOME, bucket: 'clinic-backups' },
  { region: AWAY, bucket: 'clinic-backups-replica' },
];
const VOLUME = 'daily/clinic/20261122T020000Z-7f3a/data.dump.zst.esdk';
/** "Amazon EventBridge quotas": what a rule may say unless the account has asked for more. */
const PATTERN_LIMIT = 2048;

interface SeenRule {
  pattern: Record<string, unknown>;
  state: string;
  targets: string;
}

let stacks: ReturnType<typeof synthesize>;
let home: SeenRule[];
let away: SeenRule[];

beforeAll(() => {
  stacks = synthesize(exampleConfig());
  home = rulesOf(stacks.Runner);
  away = rulesOf(stacks.Replica);
});

describe('a read of what a set holds', () => {
  it.each(PLACES)('in $region by anybody who is none of ours is told', ({ region, bucket }) => {
    fc.assert(
      fc.property(strangers(), fc.constantFrom('GetObject', 'SelectObjectContent'), (who, name) => {
        expect(heard(read(region, bucket, who, name)), JSON.stringify(who)).toBe(1);
      }),
    );
  });

  it.each(PLACES)('in $region by our readers is not told, whatever their session is called', ({
    region,
    bucket,
  }) => {
    fc.assert(
      fc.property(fc.constantFrom(...OUR_READERS.objects), fc.string(), (role, session) => {
        expect(heard(read(region, bucket, sessionOf(ours(role), session)))).toBe(0);
      }),
    );
  });

  it('counts a copy to another bucket, whose event names the source only here', () => {
    for (const { region, bucket } of PLACES)
      for (const source of [
        `${bucket}/${VOLUME}`,
        `/${bucket}/${VOLUME}`,
        encodeURIComponent(`${bucket}/${VOLUME}`),
        encodeURIComponent(`/${bucket}/${VOLUME}`),
        `/${encodeURIComponent(`${bucket}/${VOLUME}`)}`,
      ])
        expect(
          heard({
            ...read(region, 'loot', sessionOf(ours('check')), 'CopyObject'),
            requestParameters: {
              bucketName: 'loot',
              key: 'a',
              'x-amz-copy-source': source,
            },
          }),
          source,
        ).toBe(1);
  });

  it('does not count manifests, marks and records, other buckets, or what was refused', () => {
    const who = sessionOf(`arn:aws:iam::${ACCOUNT}:role/Admin`);
    for (const { region, bucket } of PLACES) {
      for (const key of [
        'daily/clinic/20261122T020000Z-7f3a/manifest.json',
        'audit/2026/11/22/x.json',
      ])
        expect(
          heard({ ...read(region, bucket, who), requestParameters: { bucketName: bucket, key } }),
        ).toBe(0);
      expect(heard(read(region, 'another', who))).toBe(0);
      expect(heard({ ...read(region, bucket, who), errorCode: 'AccessDenied' })).toBe(0);
      expect(heard(read(region, bucket, who, 'HeadObject'))).toBe(0);
    }
  });
});

describe('a use of the envelope key', () => {
  it.each(PLACES)('in $region by anybody who is none of ours is told', ({ region }) => {
    fc.assert(
      fc.property(strangers(), fc.constantFrom('Decrypt', 'ReEncrypt'), (who, name) => {
        expect(heard(use(region, who, name)), JSON.stringify(who)).toBe(1);
      }),
    );
  });

  it.each(PLACES)('in $region by our readers, or to make a set, is not told', ({ region }) => {
    for (const role of OUR_READERS.key) expect(heard(use(region, sessionOf(ours(role))))).toBe(0);
    const backup = sessionOf(ours('backup'));
    for (const name of ['GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'Encrypt'])
      expect(heard(use(region, backup, name)), name).toBe(0);
    expect(heard(use(region, backup))).toBe(1);
  });

  it('of another key is not our business', () => {
    const who = sessionOf(`arn:aws:iam::${ACCOUNT}:role/Admin`);
    for (const { region } of PLACES) {
      const resources = [{ ARN: `arn:aws:kms:${region}:${ACCOUNT}:key/another` }];
      expect(heard({ ...use(region, who), resources })).toBe(0);
    }
  });
});

describe('the roles that are not told of', () => {
  const roles = [
    ...FUNCTION_NAMES,
    'backup',
    'verify',
    'drill',
    'restore',
    'drill-reader',
    'restore-reader',
  ];
  const may = (
    role: string,
    request: { action: string; resource: string; conditions?: Record<string, string> },
  ) =>
    isAllowed(
      { principal: ours(role), ...request },
      { resource: [handedOver()], identity: policiesOf(stacks.Runner, `holdfast-clinic-${role}`) },
    );

  it('are those that may read a volume, but for check, which asks how it lies and reads none', () => {
    const resource = `arn:aws:s3:::clinic-backups/${VOLUME}`;
    const readers = roles.filter((role) => may(role, { action: 's3:GetObject', resource }));
    expect(readers.toSorted()).toEqual(
      ['check', ...OUR_READERS.objects.filter((role) => role !== 'replication')].toSorted(),
    );
  });

  it('are those that may open a message', () => {
    const openers = roles.filter((role) =>
      ['data.dump.zst.esdk', 'manifest.json'].some((object) =>
        may(role, {
          action: 'kms:Decrypt',
          resource: envelopeKey(),
          conditions: {
            'kms:EncryptionContext:project': 'clinic',
            'kms:EncryptionContext:object': object,
          },
        }),
      ),
    );
    expect(openers.toSorted()).toEqual([...OUR_READERS.key].toSorted());
  });

  it('have the names that the stacks give them', () => {
    const named = Object.values(stacks).flatMap((stack) =>
      resourcesOf(stack, 'AWS::IAM::Role').map(({ Properties }) => Properties.RoleName),
    );
    for (const role of [...OUR_READERS.objects, ...OUR_READERS.key])
      expect(named).toContain(`holdfast-clinic-${role}`);
  });
});

describe('the rules', () => {
  it('hear reads, tell a function that sends each alert once, and fit into what a rule may say', () => {
    const longest = synthesize(
      exampleConfig((input) => {
        input.project = 'c'.repeat(30);
        input.repositories.cloud.bucket = 'b'.repeat(49);
      }),
    );
    for (const rule of [
      ...home,
      ...away,
      ...rulesOf(longest.Runner),
      ...rulesOf(longest.Replica),
    ]) {
      expect(rule.state).toBe('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS');
      expect(JSON.stringify(rule.pattern).length).toBeLessThanOrEqual(PATTERN_LIMIT);
      expect(rule.targets).toMatch(/tellaccess|event-bus\/default/);
    }
    expect([home.length, away.length]).toEqual([4, 3]);
    const [teller] = resourcesOf(stacks.Runner, 'AWS::Lambda::Function').filter(
      ({ Properties }) => Properties.FunctionName === 'holdfast-clinic-tell-access',
    );
    expect(teller?.Properties.ReservedConcurrentExecutions).toBe(1);
  });
});

type Call = Record<string, unknown> & { service: 's3' | 'kms'; region: string };

function read(region: string, bucket: string, userIdentity: object, eventName = 'GetObject'): Call {
  const requestParameters = { bucketName: bucket, key: VOLUME };
  return { service: 's3', region, eventName, userIdentity, requestParameters };
}

function use(region: string, userIdentity: object, eventName = 'Decrypt'): Call {
  const key = region === HOME ? envelopeKey() : replicaKey();
  return { service: 'kms', region, eventName, userIdentity, resources: [{ ARN: key }] };
}

/** How often the function hears of a call. */
function heard({ service, region, ...detail }: Call): number {
  const event = {
    source: `aws.${service}`,
    region,
    'detail-type': 'AWS API Call via CloudTrail',
    detail: { eventSource: `${service}.amazonaws.com`, ...detail },
  };
  const isHere = region === HOME || away.some(({ pattern }) => matches(pattern, event));
  return isHere ? home.filter(({ pattern }) => matches(pattern, event)).length : 0;
}

function rulesOf(stack: SynthesizedStack): SeenRule[] {
  return resourcesOf(stack, 'AWS::Events::Rule')
    .filter(({ Properties }) =>
      /GetObject|CopyObject|Decrypt/.test(JSON.stringify(Properties.EventPattern)),
    )
    .map(({ Properties }) => ({
      pattern: resolved(stack, Properties.EventPattern) as SeenRule['pattern'],
      state: Properties.State,
      targets: JSON.stringify(
        Properties.Targets.map(({ Arn }: { Arn: unknown }) => resolved(stack, Arn)),
      ),
    }));
}

function envelopeKey(): string {
  return keyIn(home);
}

function replicaKey(): string {
  return keyIn(away);
}

/** The one key that a rule of a stack names. */
function keyIn(rules: readonly SeenRule[]): string {
  const [, arn = ''] =
    /"ARN":\["([^"]+)"/.exec(JSON.stringify(rules.map(({ pattern }) => pattern))) ?? [];
  return arn;
}

function ours(role: string): string {
  return `arn:aws:iam::${ACCOUNT}:role/holdfast-clinic-${role}`;
}

function sessionOf(arn: string, session = 'session'): object {
  return {
    type: 'AssumedRole',
    arn: `${arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${session}`,
    sessionContext: { sessionIssuer: { arn } },
  };
}

/** Roles of ours that do not read, of other projects and accounts, users, the root, services and nobody. */
function strangers(): fc.Arbitrary<object> {
  const account = fc.constantFrom(ACCOUNT, '210987654321');
  const name = fc.stringMatching(/^[A-Za-z0-9+=,.@_-]{1,32}$/);
  const role = fc.oneof(
    name,
    fc.constantFrom(
      'holdfast-clinic-backup',
      'holdfast-clinic-check',
      'holdfast-clinic-break-glass',
    ),
    fc.constantFrom('holdfast-clinic2-verify', 'holdfast-clini-verify', 'x/holdfast-clinic-verify'),
  );
  return fc.oneof(
    fc
      .tuple(account, role, name)
      .map(([of, called, session]) => sessionOf(`arn:aws:iam::${of}:role/${called}`, session)),
    fc
      .tuple(account, name)
      .map(([of, user]) => ({ type: 'IAMUser', arn: `arn:aws:iam::${of}:user/${user}` })),
    fc.constant({ type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root` }),
    fc.constant({ type: 'AWSService', invokedBy: 'backup.amazonaws.com' }),
    fc.constant({ type: 'AWSAccount', accountId: '210987654321' }),
    fc.constant({}),
  );
}

function handedOver(): PolicyStatement {
  return {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
}
