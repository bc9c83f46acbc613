import { HoldfastError, isHoldfastError } from '../errors.ts';
import { awsErrorName, awsFault } from './aws-failure.ts';

export interface ServiceRequest {
  /** `sns:Publish` */
  action: string;
  /** What it was about, for people. */
  what: string;
}

/** What a refusal of a small service of AWS means to a person. */
export function serviceFailure(error: unknown, { action, what }: ServiceRequest): HoldfastError {
  if (isHoldfastError(error)) return error;
  const name = awsErrorName(error);
  const fault = awsFault(error);
  if (fault === 'denied') {
    return new HoldfastError({
      code: 'ACCESS_DENIED',
      message: `${action} on ${what} was refused`,
      hint: `Allow ${action} to this role, by IAM and in the policy of the resource; of an encrypted one its KMS key must allow it too.`,
      cause: error,
    });
  }
  if (fault === 'credentials') {
    return new HoldfastError({
      code: 'CREDENTIALS',
      message: `the AWS credentials were refused by ${action.split(':')[0]} (${name})`,
      hint: 'Check the role of this task or function: aws sts get-caller-identity.',
      cause: error,
    });
  }
  return new HoldfastError({
    code: 'SERVICE_FAILED',
    message: `${action} failed for ${what} (${name})`,
    hint:
      fault === 'passing'
        ? 'It was tried several times. Check the network, the region and AWS_ENDPOINT_URL; the next run tries again.'
        : `Check that ${what} is there, and the region.`,
    retryable: fault === 'passing',
    cause: error,
  });
}
