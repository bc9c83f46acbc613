import { type SetAddress, setPrefix } from './key.ts';

export interface ReaderPolicyOptions {
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  partition: string;
  region: string;
  bucket: string;
  /** Where in the bucket the sets live, without its closing slash. */
  prefix?: string | undefined;
  /** ARN of the envelope key. */
  key: string;
  project: string;
  set: SetAddress;
}

/**
 * The session policy of whoever reads one set: its objects, and data keys that were wrapped for it. It can only narrow what the role may,
 * so that a drill, which never thaws, gets no more by it. It may list, because S3 says to who may not that an object which is gone is
 * forbidden (Amazon S3 API Reference, GetObject): a set that lost one would look like a missing permission.
 */
export function readerPolicy({
  partition,
  region,
  bucket,
  prefix,
  key,
  project,
  set,
}: ReaderPolicyOptions): string {
  const below = `${prefix === undefined ? '' : `${prefix}/`}${setPrefix(set)}`;
  return toAscii({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:RestoreObject'],
        Resource: `arn:${partition}:s3:::${bucket}/${below}*`,
      },
      { Effect: 'Allow', Action: 's3:ListBucket', Resource: `arn:${partition}:s3:::${bucket}` },
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: key,
        Condition: { StringEquals: contextOf(project, set) },
      },
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: { StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } },
      },
    ],
  });
}

/** Two databases of one run can have one id: sixteen bits of it are random. */
function contextOf(project: string, { database, id }: SetAddress): Record<string, string> {
  const bound = { project, database, backup: id };
  return Object.fromEntries(
    Object.entries(bound).map(([name, value]) => [`kms:EncryptionContext:${name}`, literal(value)]),
  );
}

/** IAM would take `${` for the begin of a variable. */
function literal(text: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is IAM that reads it
  return text.replaceAll('$', '${$}');
}

/** STS takes letters up to U+00FF; JSON can write all others with these. */
function toAscii(document: object): string {
  return JSON.stringify(document).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
