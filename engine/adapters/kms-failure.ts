import { HoldfastError, isHoldfastError } from '../errors.ts';
import { awsErrorName, awsFault } from './aws-failure.ts';

/** A key that is there and may not be used now: KMS says which of these it is. */
const UNUSABLE =
  /^(DisabledException|KMSInvalidStateException|NotFoundException|InvalidKeyUsageException|InvalidArnException|IncorrectKeyException)$/;

const REASONS: Record<string, string> = {
  DisabledException: 'it is disabled',
  KMSInvalidStateException: 'it is pending deletion, or pending import of its material',
  NotFoundException: 'there is no such key in this region and account',
  InvalidKeyUsageException: 'it is not a key for encryption',
  InvalidArnException: 'this is not the name of a key',
  IncorrectKeyException: 'the data key was wrapped with another key',
};

const ENABLE =
  'Enable it (aws kms enable-key) or cancel its deletion (aws kms cancel-key-deletion) at once: every backup rests on it. The break-glass key opens them without it.';

const WRONG_NAME =
  'Check the name, the region (that of the ARN, else AWS_REGION) and the account of the credentials: aws kms describe-key --key-id NAME, aws sts get-caller-identity. The name of an alias begins with alias/.';

const HINTS: Record<string, string> = {
  NotFoundException: WRONG_NAME,
  InvalidArnException: WRONG_NAME,
  InvalidKeyUsageException: 'Name a symmetric key whose usage is ENCRYPT_DECRYPT.',
  IncorrectKeyException: 'Name the key that the manifest of the set names: `holdfast show` has it.',
};

/** What a refusal of KMS means to a person. */
export function kmsFailure(
  error: unknown,
  { action, key }: { action: string; key: string },
): HoldfastError {
  if (isHoldfastError(error)) return error;
  const name = awsErrorName(error);
  if (UNUSABLE.test(name)) {
    return new HoldfastError({
      code: 'KEY_UNUSABLE',
      message: `the KMS key ${key} can not be used: ${REASONS[name] ?? name}`,
      hint: HINTS[name] ?? ENABLE,
      cause: error,
    });
  }
  const fault = awsFault(error);
  if (fault === 'denied') {
    return new HoldfastError({
      code: 'KEY_UNUSABLE',
      message: `KMS does not let us use the key ${key}: kms:${action} was denied`,
      hint: `Allow kms:${action} on it to this role, in the key policy or by IAM.`,
      cause: error,
    });
  }
  if (fault === 'credentials') {
    return new HoldfastError({
      code: 'CREDENTIALS',
      message: `the AWS credentials were refused by KMS (${name})`,
      hint: 'Check AWS_PROFILE, AWS_ACCESS_KEY_ID or the role of this machine: aws sts get-caller-identity.',
      cause: error,
    });
  }
  return new HoldfastError({
    code: fault === 'clock' ? 'CLOCK_OFF' : 'KEY_UNUSABLE',
    message:
      fault === 'clock'
        ? "KMS says that this machine's clock is off"
        : `KMS did not answer kms:${action} for ${key} (${name})`,
    hint:
      fault === 'clock'
        ? 'Set the clock: timedatectl set-ntp true.'
        : 'Check the network, the region of the key and AWS_ENDPOINT_URL, and run it again.',
    retryable: fault === 'passing',
    cause: error,
  });
}
