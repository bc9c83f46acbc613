import { redactSecrets } from './domain/text/redact-secrets.ts';

/** Every code that Holdfast can fail with; they appear in JSON, logs, audit records and docs, and never change their meaning. */
export const ERROR_CODES = {
  USAGE: 'the command line is wrong',
  CONFIG_INVALID: 'the config file or the environment is wrong',
  CONFIG_NOT_FOUND: 'no config file and no DATABASE_URL',
  CONNECTION_FAILED: 'the server could not be reached or refused the login',
  CONNECTION_LOST: 'the server ended a session of ours',
  CONNECTION_FROZEN: 'the connection stands still',
  REPLICATION_REFUSED: 'the server refused a command of the replication protocol',
  POOLER: 'a connection pooler stands between us and the server',
  SERVER_TOO_OLD: 'the server is older than PostgreSQL 14',
  SERVER_TOO_NEW: 'the server is newer than any PostgreSQL that this version was tested with',
  TOOLS_MISSING: 'a PostgreSQL program is missing or older than the server',
  PRIVILEGE_MISSING: 'the role lacks a right that the backup or the restore needs',
  ROW_SECURITY: 'row-level security would hide rows from the dump',
  SOURCE_UNFIT: 'the database has something that Holdfast can not dump',
  NOTHING_TO_DUMP: 'a named table does not exist',
  LOCK_TIMEOUT: 'a table could not be locked in time',
  SCHEMA_MOVING: 'the tables changed while the backup was starting',
  RECOVERY_CONFLICT: 'the standby cancelled the dump in favour of its replay',
  REPLICA_LAGS: 'the standby is too far behind, or not one of this server',
  GAVE_WAY: 'sessions of the application queued behind the dump, and it gave way',
  ALREADY_RUNNING: 'the same plan is running on this database',
  RUN_OVERDUE:
    'the same plan has been running on this database for longer than its maxAge, or is dead and its sessions may not be ended',
  LOCK_WAIT: 'another plan held this database for too long',
  CLOCK_OFF: 'the local clock and the other side differ',
  DUMP_FAILED: 'a dump program failed',
  DUMP_SHORT: 'a dump ended without being whole',
  INTERRUPTED: 'a signal ended the run',
  DISK_FULL: 'no space is left where the backup is stored',
  REPOSITORY_UNREACHABLE: 'the repository can not be read or written',
  ACCESS_DENIED: 'the store or the key service refused what we may not do',
  CREDENTIALS: 'the AWS credentials are missing, wrong or expired',
  STORE_UNFIT: 'the store lacks what a backup rests on',
  OBJECT_COLD: 'an object lies in a cold storage class and must be thawed before it can be read',
  OBJECT_EXISTS: 'the object is there already, and nothing is overwritten',
  OBJECT_MISSING: 'an object of the set is not there',
  OBJECT_DAMAGED: 'an object is not what the manifest says',
  MANIFEST_INVALID: 'the manifest is not one of ours',
  MANIFEST_ALTERED: 'the manifest was changed after it was sealed',
  ANOMALY_FOUND: 'a set was read back whole, and is unlike the sets before it',
  MARK_FORGED: 'a mark beside a set was not written by a holder of the key',
  KEY_MISSING: 'the key is not there',
  KEY_INVALID: 'the key file can not be used',
  KEY_UNUSABLE: 'the KMS key is disabled, pending deletion, not there or not ours to use',
  KEY_MISMATCH: 'the key is not the one of this repository or set',
  SET_NOT_FOUND: 'no backup set has this name',
  SET_SUSPECT: 'every set that could be meant is SUSPECT',
  SET_AMBIGUOUS: 'more than one backup set has this name',
  SET_RELEASED: 'retention has released the set already',
  SET_NOT_SUSPECT: 'there is no suspicion to accept',
  TARGET_NOT_EMPTY: 'the target holds data',
  TARGET_PROTECTED: 'the target is a database that this config protects',
  TARGET_MISSING: 'the target database does not exist',
  TARGET_IN_USE: 'sessions are connected to the database that is to be replaced',
  TARGET_EXISTS: 'the table or database that is to be made exists',
  TARGET_UNFIT: 'the target lacks roles, extensions or a version that the set needs',
  RESTORE_FAILED: 'the restore failed',
  RESTORE_INCOMPLETE: 'a restore with --keep-going left something out',
  RESTORE_DIFFERS: 'what was restored is not what was backed up',
  COPY_DIFFERS: 'a copy is not what was copied',
  EVIDENCE_ALTERED: 'a report or its signature is not what was signed',
  ALERT_FAILED: 'an alert could not be delivered',
  SCHEDULE_FAILED: 'the scheduler of this machine did not take the entries',
  DRILL_FAILED: 'the drill found the backup wanting',
  DRILL_NOT_SHOWN: 'the drill could not show whether the backup is whole',
  SCRATCH_FAILED: 'the throw-away server could not be started',
  SERVICE_FAILED: 'a service of AWS refused a request or did not answer',
  TASK_FAILED: 'a task of the stack ended without saying why',
  TASK_NOT_STARTED: 'a task of the stack never started',
  TASK_KILLED: 'a task of the stack was killed, as when it lacks memory',
  TASK_TIMED_OUT: 'a task of the stack took too long and was stopped',
  INTERNAL: 'a fault of Holdfast itself',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface HoldfastErrorOptions {
  code: ErrorCode;
  /** A lower-case fact without a full stop. Never holds a row; passwords of URLs are taken out. */
  message: string;
  /** What to do next: a sentence or two, with the command where there is one. */
  hint?: string;
  /** True when the same run may succeed later without anybody doing anything. */
  retryable?: boolean;
  cause?: unknown;
}

/** The only error class of Holdfast. `code` is a literal because bundlers rename classes. */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;

  constructor({ code, message, hint, retryable = false, cause }: HoldfastErrorOptions) {
    super(redactSecrets(message), cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint === undefined ? undefined : redactSecrets(hint);
    this.retryable = retryable;
  }
}

export function isHoldfastError(error: unknown, code?: ErrorCode): error is HoldfastError {
  return error instanceof HoldfastError && (code === undefined || error.code === code);
}

/** What a signal's abort carries through every operation. */
export function interrupted(signal: string): HoldfastError {
  return new HoldfastError({
    code: 'INTERRUPTED',
    message: `stopped by ${signal}`,
    hint: 'Run the command again.',
    retryable: true,
  });
}
