/**
 * Calls that hand out what a set holds, by the service that logs them (Amazon S3 User Guide, "Amazon S3 CloudTrail events"; AWS KMS
 * Developer Guide, "Logging AWS KMS API calls with CloudTrail"). Not among them: HeadObject, GetObjectAttributes, tags, locks and listings
 * (no content); RestoreObject (the copy that it thaws still has to be read); GetObjectTorrent (S3 makes no torrent of an object with
 * SSE-KMS); GenerateDataKey and its kind, and Encrypt (they open nothing).
 */
export const DISCLOSING = {
  object: ['GetObject', 'SelectObjectContent'],
  /** Read their source; the object that the event names by its bucket is the copy. */
  copy: ['CopyObject', 'UploadPartCopy'],
  key: ['Decrypt', 'ReEncrypt'],
} as const;

/** What holds rows ends so; manifests, marks and records do not, and `holdfast list` reads those of anybody who may. */
export const CONTENT_SUFFIX = '.esdk';

/**
 * The roles that have to read what sets hold, by the end of their name. Not check: it may ask S3 how an object lies,
 * for which S3 demands the right to read it, and never reads one.
 */
export const OUR_READERS = {
  objects: ['verify', 'drill-reader', 'restore-reader', 'replication'],
  /** prune opens the seals of manifests and marks. */
  key: ['verify', 'drill-reader', 'restore-reader', 'prune'],
} as const;
