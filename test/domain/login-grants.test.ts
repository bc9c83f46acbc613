import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  inPolicies,
  loginMistakes,
  MOST_LOGIN_POLICIES,
  secretArns,
  tokenArns,
} from '../../engine/domain/login-grants.ts';

const HOME = { partition: 'aws', account: '123456789012', region: 'eu-central-1' };
const ARN = 'arn:aws:secretsmanager:eu-west-1:210987654321:secret:clinic';

describe('the ARNs of a secret', () => {
  it('are of its own region and account where it has an ARN, and of the stack where it has a name', () => {
    expect(secretArns({ secret: 'clinic' }, HOME)).toEqual([
      'arn:aws:secretsmanager:eu-central-1:123456789012:secret:clinic-??????',
    ]);
    expect(secretArns({ secret: 'clinic', region: 'eu-west-1' }, HOME)[0]).toContain(':eu-west-1:');
    expect(secretArns({ secret: ARN }, HOME)).toEqual([`${ARN}-??????`]);
    expect(secretArns({}, HOME)).toEqual([]);
  });

  it.each([
    '-backup',
    '-master',
    '-reader',
    '-aB3xY9',
  ])('may be whole or not with an end like %s, so both are meant', (end) => {
    expect(secretArns({ secret: ARN + end }, HOME)).toEqual([ARN + end, `${ARN}${end}-??????`]);
  });
});

describe('the ARN of a token', () => {
  it('is of the user that the address names, in its settings or its URL, and of nobody without iam', () => {
    const arn = 'arn:aws:rds-db:*:123456789012:dbuser:*/backup';
    expect(tokenArns({ host: 'db.example.com', user: 'backup', iam: true }, HOME)).toEqual([arn]);
    expect(
      tokenArns({ url: 'postgresql://backup@db.example.com/clinic', iam: true }, HOME),
    ).toEqual([arn]);
    for (const none of [
      { host: 'db.example.com', user: 'backup' },
      { host: 'db.example.com', iam: true } as const,
      { url: 'clinic', iam: true } as const,
    ])
      expect(tokenArns(none, HOME)).toEqual([]);
  });
});

describe('the ARNs of many secrets', () => {
  it('stand each once in policies of at most 6,144 characters, in as few as hold them in their order', () => {
    const arn = fc
      .integer({ min: 1, max: 300 })
      .map((letters) => `arn:aws:secretsmanager:${'x'.repeat(letters)}`);
    fc.assert(
      fc.property(fc.array(arn, { maxLength: 400 }), (arns) => {
        const lists = inPolicies(arns);
        expect(lists.flat()).toEqual([...new Set(arns)]);
        for (const list of lists) expect(sizeOf(list)).toBeLessThanOrEqual(6144);
        for (const [index, list] of lists.slice(1).entries())
          expect(sizeOf([...(lists[index] ?? []), ...list.slice(0, 1)])).toBeGreaterThan(
            6144 - 144,
          );
      }),
    );
  });

  it('that no role could be given are a mistake, which says how many', () => {
    const named = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        secret: `production/clinic-${index}/holdfast`,
      }));
    expect(loginMistakes(named(300), HOME)).toEqual([]);
    const [mistake, ...more] = loginMistakes(named(1000), HOME);
    expect(more).toEqual([]);
    expect(mistake).toMatch(
      /^databases: the ARNs of 1000 secrets fill \d+ policies, and a role has room for 6; /,
    );
    expect(
      inPolicies(named(300).flatMap((one) => secretArns(one, HOME))).length,
    ).toBeLessThanOrEqual(MOST_LOGIN_POLICIES);
  });

  it('share the room of a role with those of tokens', () => {
    const secrets = Array.from({ length: 300 }, (_, index) => ({
      secret: `production/clinic-${index}/holdfast`,
    }));
    const users = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        host: 'db.example.com',
        user: `backup-of-clinic-${index}`,
        iam: true as const,
      }));
    expect(loginMistakes(users(150), HOME)).toEqual([]);
    expect(loginMistakes([...secrets, ...users(0)], HOME)).toEqual([]);
    expect(loginMistakes([...secrets, ...users(150)], HOME)).toEqual([
      expect.stringMatching(
        /^databases: the ARNs of 300 secrets and 150 users with iam fill 7 policies, and a role has room for 6; /,
      ),
    ]);
  });
});

/** As IAM counts: without white space. */
function sizeOf(arns: readonly string[]): number {
  const Statement = [{ Action: 'secretsmanager:GetSecretValue', Effect: 'Allow', Resource: arns }];
  return JSON.stringify({ Version: '2012-10-17', Statement }).length;
}
