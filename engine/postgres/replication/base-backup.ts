import { type Lsn, parseLsn } from '../../domain/wal/lsn.ts';
import { HoldfastError } from '../../errors.ts';
import type { ReplicationCommand, ReplicationRow } from './replication-command.ts';
import type { ReplicationSession } from './replication-session.ts';

export interface BaseBackupOptions {
  /** Free text that the server writes into backup_label. */
  label: string;
  /** fast: the server writes its checkpoint at once; spread: over checkpoint_completion_target. */
  checkpoint: 'fast' | 'spread';
}

/** A position, and the timeline on which it lies. */
export interface BackupPosition {
  lsn: Lsn;
  timeline: number;
}

/** One archive of a base backup: the data directory, or one tablespace. */
export interface BackupArchive {
  /** `base.tar`, or the oid of the tablespace and `.tar`. */
  name: string;
  /** Where the tablespace lies on the server; undefined for the data directory. */
  tablespacePath: string | undefined;
}

/** What comes in the COPY of a base backup, in its order. */
export type BackupPiece =
  | { type: 'archive'; archive: BackupArchive }
  | { type: 'manifest' }
  | { type: 'data'; chunk: Buffer };

/** The first server that sends archives and manifest in one COPY. */
export const FIRST_MAJOR = 15;

const TYPE = { archive: 0x6e, data: 0x64, manifest: 0x6d, progress: 0x70 } as const;

/**
 * A base backup while the server sends it (BASE_BACKUP, PostgreSQL 15 and newer). The log that it
 * needs is not in it: whoever takes it streams that from `start` to `end` meanwhile.
 */
export class BaseBackup {
  readonly #command: ReplicationCommand;
  readonly #session: ReplicationSession;

  private constructor(session: ReplicationSession, command: ReplicationCommand) {
    this.#session = session;
    this.#command = command;
  }

  /** Asks for it. The checkpoint that it begins with may take minutes when it is spread. */
  static start(session: ReplicationSession, options: BaseBackupOptions): BaseBackup {
    return new BaseBackup(session, session.start(baseBackupText(options)));
  }

  /** @throws HoldfastError REPLICATION_REFUSED, CONNECTION_LOST, CONNECTION_FROZEN. */
  async *pieces(): AsyncGenerator<BackupPiece> {
    try {
      for await (const message of this.#command.messages) {
        const piece = pieceIn(message);
        if (piece !== undefined) yield piece;
      }
    } catch (error) {
      throw this.#session.failureOf(error);
    }
  }

  /** Work on the pieces, while somebody watches that the server does not stand still. */
  async watching<T>(work: Promise<T>): Promise<T> {
    return this.#session.watching(this.#command, work);
  }

  /** Where recovery begins. Known once the first piece is there. */
  get start(): BackupPosition {
    return positionIn(this.#command.results[0]?.[0]);
  }

  /** Where a copy of it is consistent. Waits until the server has sent everything. */
  async end(): Promise<BackupPosition> {
    await this.watching(this.#command.finished);
    return positionIn(this.#command.results[2]?.[0]);
  }
}

/** The options by the names of PostgreSQL, "BASE_BACKUP". */
function baseBackupText({ label, checkpoint }: BaseBackupOptions): string {
  const options = [
    `LABEL '${label.replaceAll("'", "''")}'`,
    `CHECKPOINT '${checkpoint}'`,
    'WAIT false',
    'TABLESPACE_MAP true',
    "MANIFEST 'yes'",
    "MANIFEST_CHECKSUMS 'SHA256'",
  ];
  return `BASE_BACKUP (${options.join(', ')})`;
}

function positionIn(row: ReplicationRow | undefined): BackupPosition {
  const lsn = parseLsn(row?.recptr ?? '');
  const timeline = Number(row?.tli);
  if (lsn === undefined || !Number.isSafeInteger(timeline) || timeline < 1)
    throw unexpected('no position of the log');
  return { lsn, timeline };
}

function pieceIn(message: Buffer): BackupPiece | undefined {
  switch (message[0]) {
    case TYPE.data:
      return { type: 'data', chunk: message.subarray(1) };
    case TYPE.archive:
      return { type: 'archive', archive: archiveIn(message.subarray(1)) };
    case TYPE.manifest:
      return { type: 'manifest' };
    case TYPE.progress:
      return undefined;
    default:
      throw unexpected(`a message of the unknown type ${message[0]}`);
  }
}

/** Two strings that end in a zero byte. */
function archiveIn(content: Buffer): BackupArchive {
  const [name = '', path = ''] = content.toString('utf8').split('\0');
  if (!/^(?:base|\d+)\.tar$/.test(name)) throw unexpected('an archive of an unknown name');
  return { name, tablespacePath: path === '' ? undefined : path };
}

function unexpected(what: string): HoldfastError {
  return new HoldfastError({
    code: 'INTERNAL',
    message: `the server sent ${what} in a base backup`,
  });
}
