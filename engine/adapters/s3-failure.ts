import { HoldfastError, isHoldfastError } from '../errors.ts';
import { asStoreError, nameOf, type StoreError, statusOf } from './s3/store-error.ts';
import type { S3Action, SettingsAction } from './s3-actions.ts';
import { isPassingKmsFailure } from './s3-retry.ts';

export interface S3Request {
  action: S3Action | SettingsAction;
  bucket: string;
  /** `s3://bucket/prefix` */
  location: string;
  /** Key below the prefix, where the request is about one object. */
  key?: string | undefined;
}

export const WITHOUT_TAGGING =
  'Set retention: delete for this repository, so that prune deletes objects by their keys, and allow s3:DeleteObject; see docs/CONFIG.md, "Buckets".';

type Words = Pick<HoldfastError, 'code' | 'message'> & { hint: string; retryable?: boolean };
type Explain = (error: StoreError, request: S3Request) => Words;

/** What a failed request to a bucket means to a person. */
export function s3Failure(error: unknown, request: S3Request): HoldfastError {
  if (isHoldfastError(error)) return error;
  const known = asStoreError(error);
  return new HoldfastError({ ...explain(known, request), cause: withoutSecrets(known) });
}

function explain(error: StoreError, request: S3Request): Words {
  const name = nameOf(error);
  if (isKeyFailure(error)) return keyUnusable(error, request);
  if (/parts must have the same (length|size)/i.test(error.message))
    return unequalParts(error, request);
  const found = NAMED.find(([names]) => names.includes(name));
  if (found !== undefined) return found[1](error, request);
  if (/credential/i.test(error.name) || /^(Token|SSO)/.test(error.name))
    return noCredentials(error, request);
  if (/region is missing/i.test(error.message)) return regionMissing(error, request);
  if (error.code === 'ENOTFOUND') return unknownHost(error, request);
  if (isCertificateFailure(error)) return untrusted(error, request);
  if (statusOf(error) === 501) return unfit(error, request);
  return unreachable(error, request);
}

const wrongRegion: Explain = (error, { bucket }) => {
  const region = error.Region ?? error.$response?.headers?.['x-amz-bucket-region'];
  return {
    code: 'REPOSITORY_UNREACHABLE',
    message: `bucket ${bucket} is in ${region === undefined ? 'another region' : `region ${region}`}`,
    hint: `Set region: ${region ?? 'the region of the bucket'} for this repository (or AWS_REGION).`,
  };
};

const noBucket: Explain = (_error, { bucket }) => ({
  code: 'REPOSITORY_UNREACHABLE',
  message: `there is no bucket ${bucket}`,
  hint: 'Check bucket, region and endpoint of this repository, and that the credentials belong to the account you mean.',
});

const accessDenied: Explain = (_error, { action, bucket, key }) => ({
  code: 'ACCESS_DENIED',
  message: `${action} on bucket ${bucket} was refused${key === undefined ? '' : ` (${key})`}`,
  hint: `Allow ${action} in the policy of the role or user; docs/CONFIG.md, "Buckets", lists all that is needed. A bucket policy may refuse too.`,
});

const keyUnusable: Explain = (error, { bucket }) => ({
  code: 'KEY_UNUSABLE',
  message: `the KMS key that encrypts bucket ${bucket} ${KEY_TROUBLE.find(([pattern]) => pattern.test(error.name))?.[1] ?? 'is not ours to use'}`,
  hint: 'Enable the key, cancel its deletion, or allow kms:GenerateDataKey and kms:Decrypt in its policy; sseKmsKey of the repository or the bucket names it.',
});

const KEY_TROUBLE: readonly (readonly [RegExp, string])[] = [
  [/Disabled/, 'is disabled'],
  [/InvalidState/, 'can not be used in its state (pending deletion?)'],
  [/NotFound/, 'is not there'],
];

const clockOff: Explain = () => ({
  code: 'CLOCK_OFF',
  message: "the store refuses requests because this machine's clock is off",
  hint: 'Set the clock (timedatectl set-ntp true) and run it again.',
});

const badCredentials: Explain = ({ name }, { bucket }) => ({
  code: 'CREDENTIALS',
  message: `the credentials for bucket ${bucket} were refused (${name})`,
  hint: 'Check AWS_ACCESS_KEY_ID, AWS_PROFILE or the profile of this repository; `aws sts get-caller-identity` shows whom they belong to.',
});

const expired: Explain = (_error, { bucket }) => ({
  code: 'CREDENTIALS',
  message: `the credentials for bucket ${bucket} have expired`,
  hint: 'Log in again (`aws sso login`), or give the machine a role whose credentials renew themselves.',
});

const noCredentials: Explain = (_error, { bucket }) => ({
  code: 'CREDENTIALS',
  message: `no AWS credentials were found for bucket ${bucket}`,
  hint: 'Set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or profile of this repository (then `aws sso login`, where it is one of single sign-on); on EC2 and ECS give the machine a role.',
});

const regionMissing: Explain = (_error, { bucket }) => ({
  code: 'REPOSITORY_UNREACHABLE',
  message: `it is not known which region bucket ${bucket} is in`,
  hint: 'Set region for this repository, or AWS_REGION.',
});

const unknownHost: Explain = (_error, { location }) => ({
  code: 'REPOSITORY_UNREACHABLE',
  message: `${location} can not be reached: its host name is unknown`,
  hint: 'Check endpoint and region of this repository; a store that does not take buckets in its host name needs pathStyle: true.',
});

const untrusted: Explain = ({ code }, { location }) => ({
  code: 'REPOSITORY_UNREACHABLE',
  message: `${location} can not be reached: its certificate is not trusted (${code})`,
  hint: 'Set ca in the config (or HOLDFAST_CA, AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS) to the file of its certificate authority.',
});

const cold: Explain = (_error, { key, location }) => ({
  code: 'OBJECT_COLD',
  message: `${key ?? 'an object'} in ${location} lies in a cold storage class`,
  hint: 'Thaw it first: `holdfast restore` with --thaw Bulk, Standard or Expedited says how long it takes and waits.',
});

const missing: Explain = (_error, { key, location }) => ({
  code: 'OBJECT_MISSING',
  message: `${key ?? 'the object'} is not in ${location}`,
  hint: 'Use an older set or another copy of the repository.',
});

const full: Explain = (_error, { location }) => ({
  code: 'DISK_FULL',
  message: `${location} takes no more: its quota is used up`,
  hint: 'Raise the quota or use another store. Nothing half was kept.',
});

const changed: Explain = (_error, { key, location }) => ({
  code: 'OBJECT_DAMAGED',
  message: `${key ?? 'an object'} in ${location} was replaced while it was read`,
  hint: 'Find out who writes there besides Holdfast, and use an older set or another copy of the repository.',
});

const unfit: Explain = (error, { location, action }) => ({
  code: 'STORE_UNFIT',
  message: `${location} does not know what is asked of it (${action}: ${nameOf(error)})`,
  hint: action.endsWith('Tagging')
    ? WITHOUT_TAGGING
    : 'Holdfast needs multipart uploads and If-None-Match; see docs/CONFIG.md, "Buckets".',
});

/** Cloudflare R2 says so at the end of an upload (its documentation, "Multipart upload"). */
const unequalParts: Explain = (_error, { location, key }) => ({
  code: 'STORE_UNFIT',
  message: `${location} wants all parts of an upload but the last to have one size${key === undefined ? '' : ` (${key})`}`,
  hint: 'Set equalParts: true for this repository, and run it again.',
});

const unreachable: Explain = (error, { location }) => {
  const status = statusOf(error);
  const isOurFault =
    status !== undefined &&
    status >= 400 &&
    status < 500 &&
    status !== 408 &&
    status !== 429 &&
    !isPassingKmsFailure(error);
  return {
    code: 'REPOSITORY_UNREACHABLE',
    message: `${location} can not be used: ${reasonOf(error)}`,
    hint: isOurFault
      ? 'The store refused the request itself; check bucket, region and endpoint of this repository.'
      : 'It was tried again for a while. Check the network and the state of the store; the next run tries again.',
    retryable: !isOurFault,
  };
};

function reasonOf(error: StoreError): string {
  const status = statusOf(error);
  if (error.name === 'TimeoutError' && error.code === undefined) return 'no answer in time';
  const name = error.code ?? nameOf(error);
  return status === undefined ? name : `${name} (HTTP ${status})`;
}

const NAMED: readonly (readonly [readonly string[], Explain])[] = [
  [['NoSuchBucket'], noBucket],
  [
    [
      'PermanentRedirect',
      'TemporaryRedirect',
      'AuthorizationHeaderMalformed',
      'IllegalLocationConstraintException',
    ],
    wrongRegion,
  ],
  [['AccessDenied', 'AllAccessDisabled', 'AccountProblem'], accessDenied],
  [['RequestTimeTooSkewed', 'RequestInTheFuture'], clockOff],
  [['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'], expired],
  [
    [
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'InvalidToken',
      'InvalidSecurity',
      'NotSignedUp',
      'UnrecognizedClientException',
    ],
    badCredentials,
  ],
  [['InvalidObjectState'], cold],
  [['NoSuchKey', 'NoSuchVersion', 'MethodNotAllowed'], missing],
  [
    [
      'QuotaExceeded',
      'InsufficientStorage',
      'XMinioStorageFull',
      'XMinioAdminBucketQuotaExceeded',
      'TotalStorageExceeded',
    ],
    full,
  ],
  [['PreconditionFailed'], changed],
  [['NotImplemented'], unfit],
];

function isKeyFailure(error: StoreError): boolean {
  if (error.name.startsWith('KMS.')) return !isPassingKmsFailure(error);
  return nameOf(error) === 'AccessDenied' && /\bkms:/.test(error.message);
}

function isCertificateFailure({ code = '' }: StoreError): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code);
}

/** The name, the code and the status: enough to look it up, and nothing of the request. */
function withoutSecrets(error: StoreError): Error {
  const { attempts } = error.$metadata ?? {};
  const tries = attempts === undefined || attempts < 2 ? '' : `, ${attempts} attempts`;
  return new Error(`${error.name}: ${reasonOf(error)}${tries}`);
}
