import type { StoreTraits } from '../ports/repository.ts';
import type { NamedRepository } from './context.ts';
import type { Examination, Outcome } from './doctor-finding.ts';

/** Whether a bucket keeps what it was given: tried for real, or asked. */
export async function examineBucket(
  examination: Examination,
  place: NamedRepository,
  bucket: string,
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
  const traits = await examination.tryOut('bucket settings', async () => ({
    value: await place.repository.examine(),
    detail: 'were asked for',
  }));
  if (traits === undefined) return;
  await examination.tryOut('versioning', async () => describeVersioning(traits, bucket));
  await examination.tryOut('Object Lock', async () => describeLock(traits, bucket));
  await examination.tryOut('encryption', async () => describeEncryption(traits, bucket));
}

function describeVersioning({ isVersioned }: StoreTraits, bucket: string): Outcome<never> {
  if (isVersioned === undefined) return untold('s3:GetBucketVersioning');
  if (isVersioned) return { detail: 'on' };
  return {
    detail: 'off: what is overwritten or deleted is gone at once',
    status: 'warning',
    fix: [
      `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled`,
    ],
  };
}

function describeLock({ objectLock }: StoreTraits, bucket: string): Outcome<never> {
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
      `aws s3api put-object-lock-configuration --bucket ${bucket} --object-lock-configuration '${rule}'`,
    ],
  };
}

function describeEncryption({ encryption }: StoreTraits, bucket: string): Outcome<never> {
  if (encryption === undefined) return untold('s3:GetEncryptionConfiguration');
  if (encryption !== null)
    return { detail: `${encryption} by default, around what is encrypted already` };
  const rule =
    '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"},"BucketKeyEnabled":true}]}';
  return {
    detail: 'no encryption of its own; manifests and audit records lie in clear',
    status: 'warning',
    fix: [
      `aws s3api put-bucket-encryption --bucket ${bucket} --server-side-encryption-configuration '${rule}'`,
    ],
  };
}

/** A role that only writes backups need not be told. */
function untold(action: string): Outcome<never> {
  return {
    detail: `not told: ${action} is denied`,
    status: 'warning',
    fix: [`# allow ${action} to the role that runs doctor`],
  };
}
