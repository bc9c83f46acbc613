import { within } from './patience.ts';
import { assert, assertRefused, type Proof, type Smoke } from './proof.ts';
import { LOCK_DAYS } from './smoke-config.ts';

const DAY_MS = 86_400_000;
const NO_CONDITIONS = 'it judges no policy';

export const VAULT_PROOFS: readonly Proof[] = [
  {
    about: 'policies of buckets, keys and roles as IAM judges them',
    notLocal: NO_CONDITIONS,
    leaves: 'other rows of docs/ARCHITECTURE.md, and conditions',
    look: deniesByRole,
  },
  { about: '`s3:if-none-match` with', notLocal: NO_CONDITIONS, look: demandsIfNoneMatch },
  {
    about: 'replication of tags and of lengthened locks',
    notLocal: 'it replicates nothing',
    leaves: 'tags, which come when retention lets a set go',
    look: replicates,
  },
  {
    about: 'a trail into a bucket with a default lock',
    notLocal: 'its trails write nothing',
    look: trails,
  },
  {
    about: '`Fn::GetStackOutput` between regions',
    notLocal: 'it resolves that itself',
    look: () => 'the stacks were deployed',
  },
  {
    about: 'the key policy at creation and update',
    notLocal: NO_CONDITIONS,
    leaves: 'an update',
    look: () => 'CloudFormation could make both keys',
  },
  { about: 'beyond the list: the lock refuses to delete a version', look: lockHolds },
  { about: 'beyond the list: lifecycle rules are those of the template', look: lifecycleIsThere },
];

interface Denial {
  role: string;
  action: string;
  resource: (smoke: Smoke) => string;
}

const anyObject = ({ bucket, identity }: Smoke) =>
  `arn:${identity.partition}:s3:::${bucket}/smoke/smoke/x/data.dump.zst.esdk`;
const envelopeKey = ({ deployed }: Smoke) =>
  Object.entries(deployed.outputs).find(([name]) => name.endsWith('Keys'))?.[1].EnvelopeKeyArn ??
  '';

const DENIALS: readonly Denial[] = [
  { role: 'backup', action: 's3:GetObject', resource: anyObject },
  { role: 'backup', action: 'kms:Decrypt', resource: envelopeKey },
  ...['backup', 'verify', 'drill', 'restore', 'check', 'prune'].map((role) => ({
    role,
    action: 's3:DeleteObjectVersion',
    resource: anyObject,
  })),
  ...['backup', 'check'].map((role) => ({
    role,
    action: 's3:PutObjectTagging',
    resource: anyObject,
  })),
];

async function deniesByRole(smoke: Smoke): Promise<string> {
  const { call, identity, project } = smoke;
  for (const { role, action, resource } of DENIALS) {
    const { EvaluationResults } = await call<{ EvaluationResults: { EvalDecision: string }[] }>(
      'iam',
      'SimulatePrincipalPolicy',
      {
        PolicySourceArn: `arn:${identity.partition}:iam::${identity.account}:role/holdfast-${project}-${role}`,
        ActionNames: [action],
        ResourceArns: [resource(smoke)],
      },
    );
    const [decision] = EvaluationResults.map(({ EvalDecision }) => EvalDecision);
    assert(decision !== undefined && decision !== 'allowed', `IAM lets ${role} do ${action}`);
  }
  return `IAM's simulator denies ${DENIALS.length} of the rows of docs/ARCHITECTURE.md; what is allowed was used by the run`;
}

async function demandsIfNoneMatch({ call, bucket }: Smoke): Promise<string> {
  const Key = 'audit/smoke-without-if-none-match';
  await assertRefused('an object without If-None-Match', () =>
    call('s3', 'PutObject', { Bucket: bucket, Key, Body: 'x' }),
  );
  const { UploadId } = await call<{ UploadId: string }>('s3', 'CreateMultipartUpload', {
    Bucket: bucket,
    Key,
  });
  const upload = { Bucket: bucket, Key, UploadId };
  const part = await call<{ ETag: string; ChecksumCRC32?: string }>('s3', 'UploadPart', {
    ...upload,
    PartNumber: 1,
    Body: 'x',
  });
  const MultipartUpload = {
    Parts: [{ ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32, PartNumber: 1 }],
  };
  const complete = () => call('s3', 'CompleteMultipartUpload', { ...upload, MultipartUpload });
  await assertRefused('a multipart upload without If-None-Match', complete);
  await call('s3', 'AbortMultipartUpload', upload);
  return 'an object without it is refused, and the end of a multipart upload; with it the backup could be written';
}

/** Longer than the lock by default, which every object gets and which the copy would have without a word of the vault. */
async function replicates({ call, bucket, settings, seen, patience }: Smoke): Promise<string> {
  const Key = seen.keys.find((key) => key.endsWith('/manifest.json')) ?? '';
  const lockOf = (Bucket: string, region: string) =>
    call<{ Retention: { RetainUntilDate: Date } }>(
      's3',
      'GetObjectRetention',
      { Bucket, Key },
      region,
    ).then(
      ({ Retention }) => Retention.RetainUntilDate.getTime(),
      () => undefined,
    );
  const lengthened = await lockOf(bucket, settings.region);
  assert(
    lengthened !== undefined && lengthened > Date.now() + LOCK_DAYS * DAY_MS,
    'verify has not lengthened the lock of the manifest in the vault',
  );
  await within(
    { minutes: 15, what: 'the manifest with the lock that verify gave it', patience },
    async () => {
      const copied = await lockOf(`${bucket}-replica`, settings.replica);
      return copied === lengthened ? true : undefined;
    },
  );
  return 'the manifest and its lengthened lock are in the replica';
}

async function trails({ call, project, patience }: Smoke): Promise<string> {
  const wish = { Name: `holdfast-${project}-trail` };
  const delivered = await within(
    { minutes: 20, what: 'a file of the trail', patience },
    async () => {
      const status = await call<{
        IsLogging: boolean;
        LatestDeliveryTime?: Date;
        LatestDeliveryError?: string;
      }>('cloudtrail', 'GetTrailStatus', wish);
      assert(
        !status.LatestDeliveryError,
        `the trail can not deliver: ${status.LatestDeliveryError}`,
      );
      return status.LatestDeliveryTime;
    },
  );
  return `delivered at ${delivered.toISOString()}`;
}

async function lockHolds({ call, bucket, seen }: Smoke): Promise<string> {
  const Prefix = seen.keys.find((key) => key.endsWith('/manifest.json')) ?? '';
  const { Versions } = await call<{ Versions: { VersionId: string }[] }>(
    's3',
    'ListObjectVersions',
    { Bucket: bucket, Prefix },
  );
  const VersionId = Versions[0]?.VersionId;
  await assertRefused('a locked version', () =>
    call('s3', 'DeleteObject', { Bucket: bucket, Key: Prefix, VersionId }),
  );
  return 'AccessDenied, also for whoever may lift the lock';
}

async function lifecycleIsThere({ call, bucket }: Smoke): Promise<string> {
  const { Rules } = await call<{ Rules: { Status: string }[] }>(
    's3',
    'GetBucketLifecycleConfiguration',
    { Bucket: bucket },
  );
  assert(
    Rules.length > 0 && Rules.every(({ Status }) => Status === 'Enabled'),
    'a lifecycle rule is not enabled',
  );
  return `${Rules.length} rules, all enabled; what they do shows in days`;
}
