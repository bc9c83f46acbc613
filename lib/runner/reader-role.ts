import { ArnPrincipal, type IRole, ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ANY_SET_ID } from '../vault/object-patterns.ts';
import { allow } from './statements.ts';

export interface ReaderRoleProps {
  roleName: string;
  /** For people who look at the role in the console. */
  description: string;
  /** The role of the task that reads by it, and nobody else. */
  reads: IRole;
}

/**
 * The role by whose sessions a task reads one set: Step Functions can give a task no session policy, so the task asks for one itself. Each
 * session is named by its set, so that CloudTrail tells who read which.
 */
export function readerRole(
  scope: Construct,
  id: string,
  { roleName, description, reads }: ReaderRoleProps,
): IRole {
  const trusted = new ArnPrincipal(reads.roleArn).withConditions({
    StringLike: { 'sts:RoleSessionName': ANY_SET_ID },
  });
  const role = new Role(scope, id, {
    roleName,
    description,
    assumedBy: trusted,
  }).withoutPolicyUpdates();
  new ManagedPolicy(reads, 'Reader', {
    statements: [allow(['sts:AssumeRole'], [role.roleArn])],
    roles: [reads],
  });
  return role;
}
