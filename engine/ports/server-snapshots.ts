import type { RdsServer, ServerSnapshot, SnapshotTerms } from '../domain/snapshot.ts';

export interface SnapshotOrder {
  id: string;
  server: RdsServer;
  terms: SnapshotTerms;
}

/** Our project's snapshots in RDS, in one region. Every call may be made again. @throws HoldfastError SERVICE_FAILED, ACCESS_DENIED, CREDENTIALS. */
export interface ServerSnapshots {
  readonly region: string;
  /** All of them, one request a hundred; what has lost its tags is not ours any more. */
  list(): Promise<ServerSnapshot[]>;
  /** Has one taken, which takes RDS minutes to hours: `exists` where its name is taken. A server that is busy fails for a passing reason. */
  create(order: SnapshotOrder): Promise<'created' | 'exists'>;
  /** Has one of another region copied to here, under its name and with its tags, encrypted with a key of this region. */
  copyHere(snapshot: ServerSnapshot, options: { keyArn: string }): Promise<'created' | 'exists'>;
  /** Writes down that retention has let it go. */
  release(snapshot: ServerSnapshot, at: Date): Promise<void>;
  /** RDS refuses it by our role's policy unless it was released. One that is gone already is removed. */
  remove(snapshot: ServerSnapshot): Promise<void>;
}
