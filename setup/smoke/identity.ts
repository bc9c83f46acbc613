import type { CallAws } from '../../demo/aws/deployed-stack.ts';
import { Refusal } from './refusal.ts';

/** Who runs the smoke test, and where. */
export interface Identity {
  account: string;
  /** Of the role or user, as `aws:PrincipalArn` has it. */
  principalArn: string;
  partition: string;
}

/** @param expected HOLDFAST_SMOKE_ACCOUNT. @throws Refusal unless it names the account of the credentials, so that nobody begins by accident. */
export async function identify(call: CallAws, expected: string | undefined): Promise<Identity> {
  const { Account = '', Arn = '' } = await call<{ Account?: string; Arn?: string }>(
    'sts',
    'GetCallerIdentity',
  );
  if (expected !== Account)
    throw new Refusal(
      `These credentials are of account ${Account} (${Arn}), and HOLDFAST_SMOKE_ACCOUNT is ${expected ?? 'not set'}. It makes real things that cost money; ` +
        `where that is meant, type: HOLDFAST_SMOKE_ACCOUNT=${Account} npm run smoke:aws`,
    );
  return {
    account: Account,
    partition: Arn.split(':')[1] ?? 'aws',
    principalArn: await principalOf(call, Arn),
  };
}

/** A session is named by its role, whose path only IAM knows. */
async function principalOf(call: CallAws, arn: string): Promise<string> {
  const [, RoleName] = /:assumed-role\/([^/]+)\//.exec(arn) ?? [];
  if (RoleName === undefined) return arn;
  const { Role } = await call<{ Role: { Arn: string } }>('iam', 'GetRole', { RoleName });
  return Role.Arn;
}
