import { beforeAll, describe, expect, it } from 'vitest';
import { matches } from '../fixtures/event-pattern.ts';
import { resolved, statementsOf } from '../fixtures/policy-evaluator.ts';
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
const TRAIL = 'holdfast-clinic-trail';
const session = (role: string) => ({
  type: 'AssumedRole',
  sessionContext: { sessionIssuer: { arn: `arn:aws:iam::${ACCOUNT}:role/${role}` } },
});
const STRANGERS = [
  session('Admin'),
  { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/somebody` },
];
const DEPLOYERS = [HOME, AWAY].map((region) =>
  session(`cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${region}`),
);

interface Call {
  service: 'kms' | 's3' | 'cloudtrail';
  region: string;
  eventName: string;
  userIdentity?: object;
  [about: string]: unknown;
}

interface SeenRule {
  pattern: Record<string, unknown>;
  /** Whom it tells: a topic, or the bus of the other region. */
  target: string;
}

let stacks: ReturnType<typeof synthesize>;
let home: SeenRule[];
let away: SeenRule[];

beforeAll(() => {
  stacks = synthesize(exampleConfig());
  home = rulesOf(stacks.Runner);
  away = rulesOf(stacks.Replica);
});

describe('a hand on a key', () => {
  it.each(PLACES)('in $region wakes somebody, and a deployment is told in the morning', ({
    region,
  }) => {
    for (const key of keysIn(region)) {
      const told = (eventName: string, userIdentity: object) =>
        heard({ service: 'kms', region, eventName, userIdentity, resources: [{ ARN: key }] });
      for (const stranger of STRANGERS)
        for (const call of ['PutKeyPolicy', 'ReplicateKey', 'UpdatePrimaryRegion', 'DisableKey'])
          expect(told(call, stranger), call).toEqual(['Critical']);
      for (const deployer of DEPLOYERS) {
        for (const call of ['DisableKey', 'ScheduleKeyDeletion'])
          expect(told(call, deployer), call).toEqual(['Critical']);
        for (const call of ['PutKeyPolicy', 'ReplicateKey'])
          expect(told(call, deployer), call).toEqual(['Warning']);
      }
    }
  });

  it('is heard for every key of the stacks: of sets, of the stores, of signatures, and of what the runner says', () => {
    expect([keysIn(HOME).length, keysIn(AWAY).length]).toEqual([5, 2]);
  });

  it('of somebody else is not our business', () => {
    for (const { region } of PLACES) {
      const resources = [{ ARN: `arn:aws:kms:${region}:${ACCOUNT}:key/another` }];
      expect(
        heard({
          service: 'kms',
          region,
          eventName: 'DisableKey',
          userIdentity: STRANGERS[0] ?? {},
          resources,
        }),
      ).toEqual([]);
    }
  });
});

describe('a hand on a trail', () => {
  it.each(PLACES)('in $region wakes somebody once, by whatever name it is called', ({ region }) => {
    const arn = `arn:aws:cloudtrail:${region}:${ACCOUNT}:trail/${TRAIL}`;
    const told = (eventName: string, requestParameters: object) =>
      heard({ service: 'cloudtrail', region, eventName, requestParameters });
    for (const name of [TRAIL, arn]) {
      for (const call of ['StopLogging', 'DeleteTrail', 'UpdateTrail'])
        expect(told(call, { name }), call).toEqual(['Critical']);
      expect(told('PutEventSelectors', { trailName: name })).toEqual(['Critical']);
    }
    expect(told('StopLogging', { name: 'another' })).toEqual([]);
    expect(told('StartLogging', { name: TRAIL })).toEqual([]);
  });
});

describe('a hand on a bucket', () => {
  it.each(PLACES)('in $region is told in the morning, also on that of the trail', ({
    region,
    bucket,
  }) => {
    const told = (bucketName: string) =>
      heard({
        service: 's3',
        region,
        eventName: 'PutBucketPolicy',
        requestParameters: { bucketName },
      });
    expect(told(bucket)).toEqual(['Warning']);
    expect(told(`${bucket}-trail`)).toEqual(['Warning']);
    expect(told('another')).toEqual([]);
  });
});

describe('what happens in the region of the replica', () => {
  it('is passed on by a role that can do nothing else', () => {
    expect([...new Set(away.map(({ target }) => target))]).toEqual([
      `arn:aws:events:${HOME}:${ACCOUNT}:event-bus/default`,
    ]);
    const [policy, ...more] = resourcesOf(stacks.Replica, 'AWS::IAM::ManagedPolicy')
      .map(({ Properties }) => statementsOf(stacks.Replica, Properties.PolicyDocument))
      .filter((statements) => JSON.stringify(statements).includes('events:'));
    expect(more).toEqual([]);
    expect(policy).toEqual([
      {
        Effect: 'Allow',
        Action: 'events:PutEvents',
        Resource: `arn:aws:events:${HOME}:${ACCOUNT}:event-bus/default`,
      },
    ]);
  });

  it('has no rule where there is no replica', () => {
    const config = exampleConfig(({ aws, plans }) => {
      aws.replica = 'none';
      for (const [name, { kind }] of Object.entries<{ kind?: string }>(plans))
        if (kind === 'snapshot') delete plans[name];
    });
    const regions = rulesOf(synthesize(config).Runner).flatMap(
      ({ pattern }) => pattern.region ?? [],
    );
    expect(new Set(regions)).toEqual(new Set([HOME]));
  });
});

/** The topics that are told of a call, once for each rule. */
function heard({ service, region, ...detail }: Call): string[] {
  const event = {
    source: `aws.${service}`,
    region,
    'detail-type': 'AWS API Call via CloudTrail',
    detail: { eventSource: `${service}.amazonaws.com`, ...detail },
  };
  const isHere = region === HOME || away.some(({ pattern }) => matches(pattern, event));
  return isHere
    ? home.filter(({ pattern }) => matches(pattern, event)).map(({ target }) => target)
    : [];
}

function rulesOf(stack: SynthesizedStack): SeenRule[] {
  const rules = resourcesOf(stack, 'AWS::Events::Rule').filter(({ Properties }) =>
    /CloudTrail/.test(JSON.stringify(Properties.EventPattern)),
  );
  return rules.map(({ Properties }) => ({
    pattern: resolved(stack, Properties.EventPattern) as SeenRule['pattern'],
    target:
      /^Topics(Critical|Warning)/.exec(Properties.Targets[0].Arn.Ref)?.[1] ??
      String(resolved(stack, Properties.Targets[0].Arn)),
  }));
}

/** The ARNs that the rules of a region name. */
function keysIn(region: string): string[] {
  const text = JSON.stringify((region === HOME ? home : away).map(({ pattern }) => pattern));
  return [
    ...new Set(
      [...text.matchAll(/"resources":\{"ARN":\[([^\]]+)\]/g)].flatMap(
        ([, arns = '']) => JSON.parse(`[${arns}]`) as string[],
      ),
    ),
  ];
}
