/** Names that more than one layer or process must agree on. Imports nothing, so that synth time and run time can share it. */

/** Written to manifests, audit records and `--version`; a test holds it equal to package.json. */
export const HOLDFAST_VERSION = '0.1.0';

/** Prefixes at the root of a repository; no plan may have one of these names. */
export const PREFIX = {
  wal: 'wal',
  walPartial: 'wal-partial',
  drills: 'drills',
  audit: 'audit',
  evidence: 'evidence',
  keys: 'keys',
} as const;

export const RESERVED_PLAN_NAMES: readonly string[] = Object.values(PREFIX);

export const MANIFEST_NAME = 'manifest.json';

/** Every session of ours begins its application_name with this word, so that a watch can tell ours from theirs. */
export const APPLICATION_NAME = 'holdfast';

/** First half of the two-key advisory lock of a plan; "hold" in ASCII. */
export const PLAN_LOCK_CLASS = 0x686f6c64;

/** One-key advisory lock of a database: "holdfast" in ASCII, as a signed 64-bit number. */
export const RUN_LOCK_KEY = '7525352680829580148';

/** Provider name of our raw keyrings in the AWS Encryption SDK message header. */
export const KEY_NAMESPACE = 'holdfast';

/** A stream that outgrows this many stored bytes goes on in the next volume. */
export const VOLUME_BYTES = 256 * 1024 ** 3;

/** Backup and prune refuse when local clock, database and store differ by more. */
export const MAX_CLOCK_SKEW_SECONDS = 600;

/** Object tag of what retention let go; every lifecycle rule that removes a version selects it. */
export const RELEASED_TAG = { key: 'holdfast', value: 'released' } as const;

/** Audit records, drill reports and evidence are kept so long: six years (45 CFR 164.316(b)(2)), in days. */
export const RECORDS_KEEP_DAYS = 2196;

export const ENV = {
  config: 'HOLDFAST_CONFIG',
  keyFile: 'HOLDFAST_KEY_FILE',
  postgresBin: 'HOLDFAST_POSTGRES_BIN',
  passphrase: 'HOLDFAST_PASSPHRASE',
  databaseUrl: 'DATABASE_URL',
  backupDir: 'BACKUP_DIR',
  bucket: 'BACKUP_S3_BUCKET',
  retentionDays: 'RETENTION_DAYS',
  kmsKey: 'HOLDFAST_KMS_KEY',
} as const;
