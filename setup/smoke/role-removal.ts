import type { CallAws } from '../../demo/aws/deployed-stack.ts';
import { isGone } from './absent.ts';
import type { StackResource } from './stack-removal.ts';

/** What the stacks made in IAM and let stay. */
export interface LeftIdentities {
  roles: string[];
  /** ARNs. */
  policies: string[];
}

/** @param made what the stacks made, read before they went. */
export async function leftIdentities(
  call: CallAws,
  made: readonly StackResource[],
): Promise<LeftIdentities> {
  const left: LeftIdentities = { roles: [], policies: [] };
  for (const RoleName of idsOf(made, 'AWS::IAM::Role'))
    if (!(await isGone(() => call('iam', 'GetRole', { RoleName })))) left.roles.push(RoleName);
  for (const PolicyArn of idsOf(made, 'AWS::IAM::ManagedPolicy'))
    if (!(await isGone(() => call('iam', 'GetPolicy', { PolicyArn }))))
      left.policies.push(PolicyArn);
  return left;
}

/** As CloudFormation calls them; what was not made yet has no name. */
export function idsOf(made: readonly StackResource[], type: string): string[] {
  return made.flatMap(({ ResourceType, PhysicalResourceId: id }) =>
    ResourceType === type && id ? [id] : [],
  );
}

/** With what it holds itself; managed policies are let go. */
export async function removeRole(call: CallAws, RoleName: string): Promise<void> {
  const { AttachedPolicies = [] } = await call<{ AttachedPolicies?: { PolicyArn: string }[] }>(
    'iam',
    'ListAttachedRolePolicies',
    {
      RoleName,
    },
  );
  for (const { PolicyArn } of AttachedPolicies)
    await isGone(() => call('iam', 'DetachRolePolicy', { RoleName, PolicyArn }));
  const { PolicyNames = [] } = await call<{ PolicyNames?: string[] }>('iam', 'ListRolePolicies', {
    RoleName,
  });
  for (const PolicyName of PolicyNames)
    await isGone(() => call('iam', 'DeleteRolePolicy', { RoleName, PolicyName }));
  await call('iam', 'DeleteRole', { RoleName });
}
