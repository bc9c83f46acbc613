import { Aws } from 'aws-cdk-lib';
import { ManagedPolicy, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { AddressConfig, DatabaseConfig } from '../../engine/config/database-schema.ts';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { allow } from './statements.ts';

/** A managed policy may have 6,144 characters; a secret's ARN has about a hundred. */
const SECRETS_A_POLICY = 45;

export interface LoginPoliciesProps {
  databases: readonly DatabaseConfig[];
  /** Of what names no region itself. */
  region: string;
}

/**
 * What a task needs to log in to the databases: their secrets, asked anew for every session, and IAM tokens of their users.
 * As many policies as the fleet needs; a role takes ten.
 */
export function loginPolicies(scope: Construct, { databases, region }: LoginPoliciesProps): ManagedPolicy[] {
  const addresses = databases.flatMap((database) => [database, ...(database.replica === undefined ? [] : [database.replica])]);
  const secrets = [...new Set(addresses.flatMap((address) => secretArn(address, region)))];
  const policies: ManagedPolicy[] = [];
  for (let first = 0; first < secrets.length; first += SECRETS_A_POLICY)
    policies.push(policy(scope, `Secrets${policies.length + 1}`, [readsSecrets(secrets.slice(first, first + SECRETS_A_POLICY))]));
  const rest = [...(secrets.length > 0 ? [keysOfSecrets(secrets)] : []), ...tokens(addresses)];
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

/** A secret that is named without its ARN has six characters of chance behind it there. */
function secretArn({ secret, region }: AddressConfig, elsewhere: string): string[] {
  if (secret === undefined) return [];
  if (secret.startsWith('arn:')) return [/-[A-Za-z0-9]{6}$/.test(secret) ? secret : `${secret}-??????`];
  return [`arn:${Aws.PARTITION}:secretsmanager:${region ?? elsewhere}:${Aws.ACCOUNT_ID}:secret:${secret}-??????`];
}

/** Whatever key a secret is encrypted with, only through Secrets Manager, and so only for the secrets above. */
function keysOfSecrets(secrets: readonly string[]): PolicyStatement {
  const regions = [...new Set(secrets.map((arn) => /:secretsmanager:([^:]+):/.exec(arn)?.[1] ?? Aws.REGION))];
  return allow(['kms:Decrypt'], [`arn:${Aws.PARTITION}:kms:*:${Aws.ACCOUNT_ID}:key/*`], {
    StringEquals: { 'kms:ViaService': regions.map((region) => `secretsmanager.${region}.amazonaws.com`) },
  });
}

/** The resource id of an instance is not in its host name, so the user is what the role is bound to. */
function tokens(addresses: readonly AddressConfig[]): PolicyStatement[] {
  const users = new Set(addresses.filter(({ iam }) => iam).map(userOf));
  if (users.size === 0) return [];
  const resources = [...users].map((user) => `arn:${Aws.PARTITION}:rds-db:*:${Aws.ACCOUNT_ID}:dbuser:*/${user}`);
  return [allow(['rds-db:connect'], resources)];
}

function userOf({ user, url }: AddressConfig): string {
  return user ?? decodeURIComponent(/^[a-z]+:\/\/([^/@:]+)@/i.exec(url ?? '')?.[1] ?? '*');
}
