import { type ErrorCode, HoldfastError } from '../errors.ts';
import { awsErrorName, awsFault } from './aws-failure.ts';

/** What was asked of AWS, for people. */
export interface LoginQuestion {
  /** `secret clinic/backup`, `token for backup@db.example` */
  what: string;
  /** The IAM action that it takes. */
  action: string;
}

interface Verdict {
  code: ErrorCode;
  message: string;
  hint: string;
  retryable?: boolean;
}

/** What the SDK throws, as an error of ours. Nothing that AWS or the SDK wrote is in it: a URL of theirs may hold a signature. */
export function loginFailure(error: unknown, question: LoginQuestion): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const verdict = ofSecret(error, question) ?? ofAnyService(error, question);
  return new HoldfastError({ ...verdict, cause: error });
}

function ofSecret(error: unknown, { what }: LoginQuestion): Verdict | undefined {
  const name = awsErrorName(error);
  const message = error instanceof Error ? error.message : '';
  if (name === 'ResourceNotFoundException')
    return {
      code: 'CONFIG_INVALID',
      message: `there is no ${what}`,
      hint: 'Check its name or ARN, the region and the account.',
    };
  if (/^(InvalidRequestException|InvalidParameterException|ValidationException)$/.test(name))
    return {
      code: 'CONFIG_INVALID',
      message: `${what} can not be read: its name is wrong, it is marked for deletion, or it has no value yet`,
      hint: 'Look at it: aws secretsmanager describe-secret --secret-id NAME.',
    };
  if (name === 'DecryptionFailure' || (/^AccessDenied/.test(name) && /KMS/.test(message)))
    return {
      code: 'KEY_UNUSABLE',
      message: `the KMS key of ${what} does not open it`,
      hint: 'Check that the key is enabled, and that its policy and the role allow kms:Decrypt.',
    };
  if (/^region (is missing|not accepted)/i.test(message))
    return {
      code: 'CONFIG_INVALID',
      message: `nothing usable says in which AWS region ${what} is to be asked for`,
      hint: 'Set region in the config, or AWS_REGION.',
    };
  return undefined;
}

function ofAnyService(error: unknown, { what, action }: LoginQuestion): Verdict {
  const name = awsErrorName(error);
  switch (awsFault(error)) {
    case 'denied':
      return {
        code: 'ACCESS_DENIED',
        message: `${what} was refused`,
        hint: `Allow ${action} on it to the role that Holdfast runs as.`,
      };
    case 'credentials':
      return {
        code: 'CREDENTIALS',
        message: `the AWS credentials are missing, wrong or expired, so ${what} could not be asked for (${name})`,
        hint: 'Set AWS_PROFILE or AWS_ACCESS_KEY_ID, log in again, or give this machine a role: aws sts get-caller-identity.',
      };
    case 'clock':
      return {
        code: 'CLOCK_OFF',
        message: "AWS says that this machine's clock is off",
        hint: 'Set the clock: timedatectl set-ntp true.',
      };
    case 'passing':
      return { ...unreachable(what, name), retryable: true };
    default:
      return unreachable(what, name);
  }
}

function unreachable(what: string, name: string): Verdict {
  return {
    code: 'CONNECTION_FAILED',
    message: `${what} could not be asked for (${name})`,
    hint: 'Check the way to AWS (network, proxy, VPC endpoint), the region, and AWS_ENDPOINT_URL where that is set.',
  };
}
