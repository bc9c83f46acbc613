import { quoteForShell } from '../domain/command-quoting.ts';
import { isHoldfastError } from '../errors.ts';
import type { StoreTraits, StoreTrial } from '../ports/repository.ts';
import type { NamedRepository } from './context.ts';
import type { Examination, Outcome } from './doctor-finding.ts';

/** What a command of the AWS CLI needs to find the bucket as Holdfast does. */
export interface BucketAddress {
  bucket: string;
  endpoint?: string | undefined;
  region?: string | undefined;
  profile?: string | undefined;
}

/** Whether a bucket keeps what it was given, and takes every request that commands make: tried for real, or asked. */
export async function examineBucket(
  examination: Examination,
  place: NamedRepository,
  address: BucketAddress,
): Promise<void> {
  await examination.tryOut('conditional writes', async () => {
    if (await place.repository.isCreateOnly())
      return { detail: 'a second object of one key is refused' };
    return {
      detail: 'If-None-Match is ignored: nothing keeps another writer from replacing a backup',
      status: place.acceptsOverwrites ? 'warning' : 'failed',
      fix: [
        '# use a store that honours conditional writes, or set acceptOverwrites: true and live with the warning',
      ],
    };
  });
  for (const trial of place.repository.trials())
    await examination.tryOut(trial.name, () => tryRequests(trial, place));
  const traits = await examination.tryOut('bucket settings', async () => ({
    value: await place.repository.examine(),
    detail: 'were asked for',
  }));
  if (traits === undefined) return;
  await examination.tryOut('versioning', async () => describeVersioning(traits, address));
  await examination.tryOut('Object Lock', async () => describeLock(traits, address));
  await examination.tryOut('encryption', async () => describeEncryption(traits, address));
}

/** A role may be there for one command only: what it may not do is a warning, unless no backup can be taken without. */
async function tryRequests(
  { attempt, without, isVital }: StoreTrial,
  { acceptsOverwrites }: NamedRepository,
): Promise<Outcome<never>> {
  try {
    const outcome = await attempt();
    const isAccepted = outcome.status === 'failed' && acceptsOverwrites;
    return isAccepted ? { ...outcome, status: 'warning' } : outcome;
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const isDenied = error.code === 'ACCESS_DENIED';
    return {
      detail: `${error.message}: ${without}`,
      status: isDenied && !isVital ? 'warning' : 'failed',
      fix: error.hint === undefined ? [] : [`# ${error.hint}`],
    };
  }
}

function describeVersioning({ isVersioned }: StoreTraits, address: BucketAddress): Outcome<never> {
  if (isVersioned === undefined) return untold('s3:GetBucketVersioning');
  if (isVersioned) return { detail: 'on' };
  return {
    detail: 'off: what is overwritten or deleted is gone at once',
    status: 'warning',
    fix: [
      awsCommand(address, {
        command: 'put-bucket-versioning',
        rest: '--versioning-configuration Status=Enabled',
      }),
    ],
  };
}

function describeLock({ objectLock }: StoreTraits, address: BucketAddress): Outcome<never> {
  if (objectLock === undefined) return untold('s3:GetBucketObjectLockConfiguration');
  if (objectLock !== null)
    return { detail: `${objectLock.mode}, ${objectLock.days} days unless an object says more` };
  const rule =
    '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":7}}}';
  return {
    detail: 'none: whoever has the credentials can delete the backups',
    status: 'warning',
    fix: [
      '# first switch versioning on',
      awsCommand(address, {
        command: 'put-object-lock-configuration',
        rest: `--object-lock-configuration '${rule}'`,
      }),
    ],
  };
}

function describeEncryption({ encryption }: StoreTraits, address: BucketAddress): Outcome<never> {
  if (encryption === undefined) return untold('s3:GetEncryptionConfiguration');
  if (encryption !== null)
    return { detail: `${encryption} by default, around what is encrypted already` };
  const rule =
    '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"},"BucketKeyEnabled":true}]}';
  return {
    detail: 'no encryption of its own; manifests and audit records lie in clear',
    status: 'warning',
    fix: [
      awsCommand(address, {
        command: 'put-bucket-encryption',
        rest: `--server-side-encryption-configuration '${rule}'`,
      }),
    ],
  };
}

/** Reaches the same bucket as Holdfast does, whatever the shell has in its environment. */
function awsCommand(
  { bucket, endpoint, region, profile }: BucketAddress,
  { command, rest }: { command: string; rest: string },
): string {
  const options = Object.entries({ 'endpoint-url': endpoint, region, profile }).flatMap(
    ([name, value]) => (value === undefined ? [] : [` --${name} ${quoteForShell(value)}`]),
  );
  return `aws${options.join('')} s3api ${command} --bucket ${bucket} ${rest}`;
}

/** A role that only writes backups need not be told. */
function untold(action: string): Outcome<never> {
  return {
    detail: `unknown: ${action} is denied`,
    status: 'warning',
    fix: [`# allow ${action} to the role that runs doctor`],
  };
}
