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

/** Tags of the snapshots that the stack takes in RDS; `RELEASED_TAG` stands beside them once retention has let one go. */
export const SNAPSHOT_TAGS = {
  project: 'holdfast-project',
  plan: 'holdfast-plan',
  scheduledFor: 'holdfast-scheduled-for',
  keepUntil: 'holdfast-keep-until',
  keepAtLeast: 'holdfast-keep-at-least',
  releasedAt: 'holdfast-released-at',
} as const;

/** Audit records, drill reports and evidence are kept so long: six years (45 CFR 164.316(b)(2)), in days. */
export const RECORDS_KEEP_DAYS = 2196;

export const ENV = {
  config: 'HOLDFAST_CONFIG',
  keyFile: 'HOLDFAST_KEY_FILE',
  postgresBin: 'HOLDFAST_POSTGRES_BIN',
  passphrase: 'HOLDFAST_PASSPHRASE',
  databaseUrl: 'DATABASE_URL',
  restoreDatabaseUrl: 'RESTORE_DATABASE_URL',
  backupDir: 'BACKUP_DIR',
  bucket: 'BACKUP_S3_BUCKET',
  retentionDays: 'RETENTION_DAYS',
  kmsKey: 'HOLDFAST_KMS_KEY',
  /** Signing key: a file, or the ARN or alias of a KMS key. */
  signingKey: 'HOLDFAST_SIGNING_KEY',
  /** File of certificate authorities that are trusted besides the usual ones. */
  ca: 'HOLDFAST_CA',
  allowUntestedMajor: 'HOLDFAST_ALLOW_UNTESTED_MAJOR',
} as const;

/** Environment of the stack's tasks and Lambda functions; `synth` sets it, engine/composition/from-stack.ts reads it. */
export const STACK_ENV = {
  /** s3://bucket/key of the resolved config (engine/config/resolved-config.ts) as JSON. */
  configUri: 'HOLDFAST_CONFIG_URI',
  /** Name of the vault's bucket. */
  vault: 'HOLDFAST_VAULT',
  /** ARN of the envelope key. */
  kmsKey: 'HOLDFAST_KMS_KEY',
  /** Of tasks only: what to do, as JSON (engine/domain/job.ts). */
  job: 'HOLDFAST_JOB',
  /** Of drills and restores only: ARN of the role by whose sessions they read one set. */
  readerRole: 'HOLDFAST_READER_ROLE',
  /** Of drills, seal-ledger and report only: ARN of the key of KMS that each signs with. */
  signingKey: 'HOLDFAST_SIGNING_KEY',
  topicCritical: 'HOLDFAST_TOPIC_CRITICAL',
  topicWarning: 'HOLDFAST_TOPIC_WARNING',
  /** Name of the DynamoDB table (keys: ALERTS_TABLE_KEYS) that remembers what the topics were told. */
  alertsTable: 'HOLDFAST_ALERTS_TABLE',
  /** ARN of the state machine of runs. */
  stateMachine: 'HOLDFAST_STATE_MACHINE',
  /** ARN of the state machine of drills. */
  drillStateMachine: 'HOLDFAST_DRILL_STATE_MACHINE',
  /** ARN of the state machine that reads old sets again. */
  rereadStateMachine: 'HOLDFAST_REREAD_STATE_MACHINE',
  metricsNamespace: 'HOLDFAST_METRICS_NAMESPACE',
  /** Of check only: what it asks when all is well. Who can write backups shall not be able to say so. */
  heartbeatUrl: 'HOLDFAST_HEARTBEAT_URL',
  /** Of rds-snapshot only: ARN of the key of the snapshots' copies, in the replica's region. */
  snapshotKey: 'HOLDFAST_SNAPSHOT_KEY',
} as const;

/** Strings both: what a topic was told of one alert is one item. */
export const ALERTS_TABLE_KEYS = { partition: 'channel', sort: 'alert' } as const;

/** Names of the metrics, in the namespace HOLDFAST_METRICS_NAMESPACE. */
export const METRIC = {
  /** By check. Seconds since the start of the newest set that counts; where there is none, since a check first saw the plan. */
  age: 'AgeSeconds',
  /** By check. Seconds since the start of the newest PROVEN set of a database, in the dimension Database alone. */
  provenAge: 'ProvenAgeSeconds',
  /** By check, of no dimension: databases whose newest proof is older than their own drill.maxAge. */
  unproven: 'UnprovenDatabases',
  /** By check, of no dimension: plans and databases of which sets were not read back in time. */
  unread: 'UnreadDatabases',
  /** By backups. */
  storedBytes: 'StoredBytes',
  /** By backups, verifications and drills, of their own dimension Operation. */
  duration: 'DurationSeconds',
  rows: 'Rows',
  /** Plaintext of a dump. */
  throughput: 'BytesPerSecond',
  /** By check, in the dimension Severity. */
  findings: 'Findings',
  /** By check, in the dimension Topic: who confirmed that he listens. */
  subscribers: 'Subscribers',
} as const;

export const METRIC_DIMENSION = {
  plan: 'Plan',
  database: 'Database',
  operation: 'Operation',
  severity: 'Severity',
  topic: 'Topic',
} as const;

/** The task definitions that start-run chooses among, from small to large; engine/domain/task-size.ts says what each has. */
export const TASK_SIZES = ['small', 'medium', 'large'] as const;

/** What record-outcome answers, and the state machines choose by. */
export const RUN_VERDICTS = ['done', 'retry', 'bigger', 'skipped', 'failed'] as const;

/** The error of the Fail state of a run whose failures notify-failure has told. */
export const RUN_FAILED = 'RunFailed';

/** Headings of docs/RUNBOOK.md that alerts lead to, as anchors. */
export const RUNBOOK = {
  page: 'docs/RUNBOOK.md',
  backup: 'backup-failed',
  verify: 'verification-failed',
  drill: 'drill-failed',
  reread: 'reading-again-failed',
  execution: 'run-failed',
  taskNotStarted: 'task-never-started',
  late: 'backup-late-or-missing',
  suspect: 'backup-suspect',
  shrunk: 'backup-unlike-earlier-ones',
  swollen: 'backup-larger-or-slower-than-usual',
  corrupt: 'backup-corrupt',
  forged: 'mark-forged',
  otherContents: 'backup-empty-or-of-another-server',
  unattainable: 'objective-out-of-reach',
  unproven: 'backup-unproven',
  unread: 'backup-not-read-back',
  rto: 'restore-slower-than-its-objective',
  unnamed: 'sets-of-an-unnamed-plan',
  unreachable: 'vault-unreachable',
  subscribers: 'topic-without-subscriber',
  recoveryPoint: 'recovery-point-too-old',
  snapshot: 'snapshot-late-missing-or-failed',
  uncopied: 'snapshot-not-copied',
  recoveryPlan: 'recovery-plan-not-reviewed',
  ledger: 'ledger-has-a-gap',
  evidence: 'report-not-written',
  rehearsal: 'no-rehearsal-for-a-year',
  prune: 'prune-failed',
  check: 'check-failed',
  checkSilent: 'check-is-silent',
  functions: 'function-errors',
  deadLetters: 'dead-letters',
  schedules: 'schedule-did-not-fire',
  replication: 'replication-late-or-failed',
  delivery: 'alerts-not-delivered',
  keys: 'key-disabled-or-pending-deletion',
  changed: 'vault-was-changed',
  trail: 'trail-stopped-or-changed',
  access: 'backup-read-by-others',
} as const;
