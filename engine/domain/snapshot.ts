import type { Keep } from './retention.ts';

/** What RDS takes snapshots of. */
export interface RdsServer {
  kind: 'instance' | 'cluster';
  /** Identifier in RDS, which knows lower case only. */
  id: string;
}

/** `creating` also while it is copied. */
export type SnapshotStatus = 'creating' | 'available' | 'failed';

/** What its tags say of a snapshot; RDS has no other place for it. */
export interface SnapshotTerms {
  plan: string;
  scheduledFor: Date;
  keepUntil: Date;
  /** Younger snapshots that must exist before this one is released. */
  keepAtLeast: number;
}

/** A snapshot of ours in one region, as RDS shows it. */
export interface ServerSnapshot {
  id: string;
  arn: string;
  server: RdsServer;
  status: SnapshotStatus;
  /** By the clock of RDS; of a copy as far as RDS tells that of the original. */
  startedAt: Date;
  isEncrypted: boolean;
  terms: SnapshotTerms;
  /** Somebody put the tag holdfast=hold on it. */
  isHeld: boolean;
  /** Since when retention has let it go. */
  releasedAt: Date | undefined;
}

/** A snapshot and its copy, which has the same name in the replica's region. */
export interface SnapshotPair {
  id: string;
  server: RdsServer;
  startedAt: Date;
  terms: SnapshotTerms;
  own: ServerSnapshot | undefined;
  copy: ServerSnapshot | undefined;
}

/** Oldest first. */
export function pairSnapshots(
  own: readonly ServerSnapshot[],
  copies: readonly ServerSnapshot[],
): SnapshotPair[] {
  const here = new Map(own.map((snapshot) => [snapshot.id, snapshot]));
  const there = new Map(copies.map((snapshot) => [snapshot.id, snapshot]));
  const all = new Map([...there, ...here]);
  return [...all.values()]
    .map(({ id, server, startedAt, terms }) => ({
      id,
      server,
      startedAt,
      terms,
      own: here.get(id),
      copy: there.get(id),
    }))
    .toSorted(
      (one, other) =>
        one.startedAt.getTime() - other.startedAt.getTime() || (one.id < other.id ? -1 : 1),
    );
}

export function isSameServer(one: RdsServer, other: RdsServer): boolean {
  return one.kind === other.kind && one.id === other.id;
}

/** What people call it. */
export function speakServer({ kind, id }: RdsServer): string {
  return `DB ${kind} ${id}`;
}

/** RDS can restore it, and nobody has let it go. */
export function isUsable(snapshot: ServerSnapshot | undefined): snapshot is ServerSnapshot {
  return snapshot?.status === 'available' && snapshot.releasedAt === undefined;
}

export interface BirthOptions {
  plan: string;
  scheduledFor: Date;
  keep: Keep;
  now: Date;
}

/** What a snapshot that is taken now promises. */
export function snapshotTermsOf({ plan, scheduledFor, keep, now }: BirthOptions): SnapshotTerms {
  return {
    plan,
    scheduledFor,
    keepUntil: new Date(now.getTime() + keep.for * 1000),
    keepAtLeast: keep.atLeast,
  };
}
