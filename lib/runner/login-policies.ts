import { ManagedPolicy, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { AddressConfig, DatabaseConfig } from '../../engine/config/database-schema.ts';
import { inPolicies, secretArns } from '../../engine/domain/secret-grants.ts';
import { addressesOf, partsOf } from '../../engine/domain/stack-addresses.ts';
import { acknowledgeWildcards } from '../acknowledge.ts';
import type { Installation } from '../installation.ts';
import { allow } from './statements.ts';

export interface LoginPoliciesProps {
  databases: readonly DatabaseConfig[];
  installation: Installation;
}

/**
 * What a task needs to log in to the databases: their secrets, asked anew for every session, and IAM tokens of their users.
 * As many policies as the fleet needs; synth has refused more than a role takes.
 */
export function loginPolicies(scope: Construct, { databases, installation }: LoginPoliciesProps): ManagedPolicy[] {
  const { aws, ...home } = installation;
  const addresses = addressesOf(databases);
  const secrets = addresses.flatMap((address) => secretArns(address, { ...home, region: aws.region }));
  const policies = inPolicies(secrets).map((arns, index) => policy(scope, `Secrets${index + 1}`, [readsSecrets(arns)]));
  const rest = [...(secrets.length > 0 ? [keysOfSecrets(secrets)] : []), ...tokens(addresses, home)];
  return rest.length === 0 ? policies : [...policies, policy(scope, 'Logins', rest)];
}

function policy(scope: Construct, id: string, statements: PolicyStatement[]): ManagedPolicy {
  const made = new ManagedPolicy(scope, id, { statements });
  const reason = 'Six characters of chance end the ARN of a secret; ids of its key and of an RDS instance are not in the config.';
  acknowledgeWildcards(made, { statements, reason });
  return made;
}

function readsSecrets(arns: string[]): PolicyStatement {
  return allow(['secretsmanager:GetSecretValue'], arns);
}

/** Whatever key a secret is encrypted with, also in another account, only through Secrets Manager, and so only for the secrets above. */
function keysOfSecrets(secrets: readonly string[]): PolicyStatement {
  const places = secrets.map((arn) => arn.split(':'));
  const keys = places.map(([, partition, , , account]) => `arn:${partition}:kms:*:${account}:key/*`);
  const services = places.map(([, , , region]) => `secretsmanager.${region}.amazonaws.com`);
  return allow(['kms:Decrypt'], [...new Set(keys)], { StringEquals: { 'kms:ViaService': [...new Set(services)] } });
}

/** The resource id of an instance is not in its host name, so the user is what the role is bound to. */
function tokens(
  addresses: readonly AddressConfig[],
  { partition, account }: Pick<Installation, 'partition' | 'account'>,
): PolicyStatement[] {
  const users = new Set(addresses.filter(({ iam }) => iam).flatMap((address) => partsOf(address).user ?? []));
  if (users.size === 0) return [];
  return [
    allow(
      ['rds-db:connect'],
      [...users].map((user) => `arn:${partition}:rds-db:*:${account}:dbuser:*/${user}`),
    ),
  ];
}
