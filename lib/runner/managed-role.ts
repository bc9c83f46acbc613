import { Aws } from 'aws-cdk-lib';
import {
  type IRole,
  ManagedPolicy,
  type PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledgeWildcards } from '../acknowledge.ts';

/** Services that name the account for which they act when they assume a role; the others are documented without. */
const SAYING_FOR_WHOM: readonly string[] = [
  'ecs-tasks.amazonaws.com',
  'scheduler.amazonaws.com',
  'states.amazonaws.com',
];

export interface ManagedRoleProps {
  /** Such as ecs-tasks.amazonaws.com. */
  service: string;
  /** Where other policies know it by its name. */
  roleName?: string;
  /** For people who look at the role in the console. */
  description: string;
  statements: readonly PolicyStatement[];
  /** Policies beside its own. */
  managedPolicies?: readonly ManagedPolicy[];
  /** Why some of its ARNs end in a star. */
  whyWildcards?: string;
}

/** A role with exactly these statements: what constructs of the CDK would add to it by themselves is left out. */
export function managedRole(scope: Construct, id: string, props: ManagedRoleProps): IRole {
  const { statements, whyWildcards } = props;
  const says = SAYING_FOR_WHOM.includes(props.service);
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal(
      props.service,
      says ? { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } } : {},
    ),
    description: props.description,
    managedPolicies: [...(props.managedPolicies ?? [])],
    ...(props.roleName === undefined ? {} : { roleName: props.roleName }),
  });
  if (statements.length > 0) {
    const policy = new ManagedPolicy(role, 'Policy', {
      statements: [...statements],
      roles: [role],
    });
    if (whyWildcards !== undefined)
      acknowledgeWildcards(policy, { statements, reason: whyWildcards });
  }
  return role.withoutPolicyUpdates();
}
