import { HoldfastError } from '../errors.ts';

/** As AWS SDKs name a service in `AWS_ENDPOINT_URL_SERVICE`. */
export type AwsService =
  | 'CLOUDWATCH_LOGS'
  | 'DYNAMODB'
  | 'ECS'
  | 'KMS'
  | 'RDS'
  | 'S3'
  | 'SECRETS_MANAGER'
  | 'SFN'
  | 'SNS'
  | 'STS';

/**
 * The URL that the environment gives for a service of AWS, by the variables that every AWS tool reads.
 * The SDK reads them itself, but from the process alone and not from an env file.
 * @throws HoldfastError CONFIG_INVALID.
 */
export function endpointIn(env: NodeJS.ProcessEnv, service: AwsService): string | undefined {
  const name = [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL'].find(
    (variable) => env[variable],
  );
  const text = name === undefined ? undefined : env[name];
  if (name === undefined || text === undefined) return undefined;
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `${name} is not the URL of a store or service`,
    hint: `Write it with its scheme, such as http://localhost:9000, or unset ${name} where AWS itself is meant.`,
  });
}
