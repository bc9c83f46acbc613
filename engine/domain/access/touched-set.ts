import { isBackupId } from '../backup-id.ts';
import { decodeName } from '../key.ts';
import { CONTENT_SUFFIX, DISCLOSING } from './disclosing.ts';
import type { TrailRecord } from './trail-record.ts';

/** A set as a call names it: by its place in the bucket, or by what is bound into its keys, which does not say the plan. */
export interface TouchedSet {
  plan: string | null;
  database: string;
  id: string;
}

/** What a call took or tried to take. */
export interface Touched {
  /** `s3:GetObject`, `kms:Decrypt` and so on. */
  action: string;
  /** Null where the call does not say which. */
  set: TouchedSet | null;
  /** Name of the object within the set. */
  object: string | null;
}

export interface Places {
  /** Buckets of vault and replica, and where in them the sets lie: nothing, or a prefix with its closing slash. */
  buckets: readonly string[];
  prefix: string;
  project: string;
}

/** What a call took of the sets in these places; undefined where it took nothing of them. */
export function touchedBy(record: TrailRecord, places: Places): Touched | undefined {
  if (record.eventSource === 's3.amazonaws.com') return objectOf(record, places);
  return record.eventSource === 'kms.amazonaws.com' ? keyOf(record, places) : undefined;
}

function objectOf(record: TrailRecord, { buckets, prefix }: Places): Touched | undefined {
  const { eventName } = record;
  const source = isOneOf(DISCLOSING.copy, eventName)
    ? copySourceOf(record)
    : { bucket: textOf(record, 'bucketName'), key: textOf(record, 'key') };
  const isRead = isOneOf([...DISCLOSING.object, ...DISCLOSING.copy], eventName);
  if (!isRead || !buckets.includes(source.bucket) || !source.key.endsWith(CONTENT_SUFFIX))
    return undefined;
  const action = `s3:${eventName}`;
  const [plan, database, id = '', ...rest] = source.key.startsWith(prefix)
    ? source.key.slice(prefix.length).split('/')
    : [];
  const [planName, databaseName] = [plan, database].map(decoded);
  if (!isBackupId(id) || planName === undefined || databaseName === undefined)
    return { action, set: null, object: source.key };
  return { action, set: { plan: planName, database: databaseName, id }, object: rest.join('/') };
}

/** Of a message of another project's, nothing: the name of the project is bound into each. */
function keyOf(record: TrailRecord, { project }: Places): Touched | undefined {
  const { eventName } = record;
  if (!isOneOf(DISCLOSING.key, eventName)) return undefined;
  const context = contextOf(record);
  if (context === undefined) return { action: `kms:${eventName}`, set: null, object: null };
  if (context.project !== project) return undefined;
  const { database, backup, object } = context;
  return {
    action: `kms:${eventName}`,
    set:
      typeof database === 'string' && typeof backup === 'string' && isBackupId(backup)
        ? { plan: null, database, id: backup }
        : null,
    object: typeof object === 'string' ? object : null,
  };
}

function contextOf({ eventName, requestParameters }: TrailRecord) {
  const name = eventName === 'ReEncrypt' ? 'sourceEncryptionContext' : 'encryptionContext';
  const context = requestParameters?.[name];
  return typeof context === 'object' && context !== null
    ? (context as Record<string, unknown>)
    : undefined;
}

/** `bucket/key`, percent-encoded, with or without a slash before it, and with a version behind it (Amazon S3 API Reference, CopyObject). */
function copySourceOf(record: TrailRecord): { bucket: string; key: string } {
  const [path = ''] = textOf(record, 'x-amz-copy-source').split('?versionId=');
  const [bucket = '', ...rest] = (decoded(path) ?? path).replace(/^\//, '').split('/');
  return { bucket, key: rest.join('/') };
}

function textOf({ requestParameters }: TrailRecord, name: string): string {
  const value = requestParameters?.[name];
  return typeof value === 'string' ? value : '';
}

/** Undefined where the text is none of ours. */
function decoded(name: string | undefined): string | undefined {
  if (name === undefined || name === '') return undefined;
  try {
    return decodeName(name);
  } catch {
    return undefined;
  }
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
