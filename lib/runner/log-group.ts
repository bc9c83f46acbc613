import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface EncryptedLogProps {
  name: string;
  key: IKey;
}

/** Logs hold no rows; they stay a year, or until the runner goes. What has to stay for six lies in the vault. */
export function encryptedLog(
  scope: Construct,
  id: string,
  { name, key }: EncryptedLogProps,
): LogGroup {
  return new LogGroup(scope, id, {
    logGroupName: name,
    encryptionKey: key,
    retention: RetentionDays.ONE_YEAR,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
