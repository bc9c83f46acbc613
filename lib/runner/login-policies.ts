import { ManagedPolicy, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { AddressConfig } from '../../engine/config/database-schema.ts';
import { inPolicies, secretArns, tokenArns } from '../../engine/domain/login-grants.ts';
import { acknowledgeWildcards } from '../acknowledge.ts';
import type { Installation } from '../installation.ts';
import { allow } from './statements.ts';

export interface LoginPoliciesProps {
  addresses: readonly AddressConfig[];
  installation: Installation;
}

/**
 * What a task needs to log in to these addresses: their secrets, asked anew for every session, and IAM tokens of their users.
 * As many policies as the fleet needs; synth has refused more than a role takes.
 */
export function loginPolicies(
  scope: Construct,
  { addresses, installation }: LoginPoliciesProps,
): ManagedPolicy[] {
  const { aws, ...home } = installation;
  const secrets = addresses.flatMap((address) =>
    secretArns(address, { ...home, region: aws.region }),
  );
  const tokens = addresses.flatMap((address) => tokenArns(address, home));
  return [
    ...inPolicies(secrets).map((arns, index) =>
      policy(scope, `Secrets${index + 1}`, allow(['secretsmanager:GetSecretValue'], arns)),
    ),
    ...inPolicies(tokens).map((arns, index) =>
      policy(scope, `Tokens${index + 1}`, allow(['rds-db:connect'], arns)),
    ),
    ...(secrets.length > 0 ? [policy(scope, 'Logins', keysOfSecrets(secrets))] : []),
  ];
}

function policy(scope: Construct, id: string, statement: PolicyStatement): ManagedPolicy {
  const statements = [statement];
  const made = new ManagedPolicy(scope, id, { statements });
  const reason =
    'Six characters of chance end the ARN of a secret; ids of its key and of an RDS instance are not in the config.';
  acknowledgeWildcards(made, { statements, reason });
  return made;
}

/** Whatever key a secret is encrypted with, also in another account, only through Secrets Manager, and so only for the secrets above. */
function keysOfSecrets(secrets: readonly string[]): PolicyStatement {
  const places = secrets.map((arn) => arn.split(':'));
  const keys = places.map(
    ([, partition, , , account]) => `arn:${partition}:kms:*:${account}:key/*`,
  );
  const services = places.map(([, , , region]) => `secretsmanager.${region}.amazonaws.com`);
  return allow(['kms:Decrypt'], [...new Set(keys)], {
    StringEquals: { 'kms:ViaService': [...new Set(services)] },
  });
}
