import { type Finding, finding, isSound, type SeenSet } from '../finding.ts';
import type { ReplicationStatus } from '../repository/replication-status.ts';
import { speakTime } from '../spoken-numbers.ts';

/** What the store says of the copies of the objects of one set. */
export interface SeenReplication {
  /** `unknown`: it says nothing of one of the objects at least; `refused`: one may not be asked of. */
  status: 'completed' | 'pending' | 'failed' | 'unknown' | 'refused';
  /** How many objects have that status, and one of their keys. */
  objects: number;
  example: string | null;
}

/** S3 copies nearly everything within fifteen minutes (S3 Replication Time Control); what is not there after an hour needs somebody. */
export const COPIED_WITHIN_SECONDS = 3600;

export interface AskedObject {
  key: string;
  status: ReplicationStatus | 'refused' | undefined;
}

export interface ReplicationOptions {
  repository: string;
  now: Date;
  /** Whether it is a finding that the store may not be asked: not of who has no such right by design. */
  namesRefusals: boolean;
}

/** One failed object counts more than many that wait. */
export function summarizeReplication(objects: readonly AskedObject[]): SeenReplication {
  const byStatus = Map.groupBy(objects, ({ status }) => status);
  const of = (status: AskedObject['status'], name: SeenReplication['status']) => {
    const found = byStatus.get(status) ?? [];
    return found.length === 0
      ? undefined
      : { status: name, objects: found.length, example: found[0]?.key ?? null };
  };
  return (
    of('FAILED', 'failed') ??
    of('PENDING', 'pending') ??
    of('refused', 'refused') ??
    of(undefined, 'unknown') ?? { status: 'completed', objects: objects.length, example: null }
  );
}

/** The sets of a plan and database of which the store is asked: the newest, and where that is not copied yet the one before it. */
export function askedOfReplication(own: readonly SeenSet[]): SeenSet[] {
  return own.filter(isSound).slice(-2).toReversed();
}

/**
 * Whether the newest sets have reached the replica. A verification lengthens locks, which S3 copies too, so the hour begins with the
 * last of backup, verification and drill. At most one finding of a plan and database.
 * @param sets of one repository, oldest first.
 */
export function judgeReplicationOfSets(
  sets: readonly SeenSet[],
  { repository, now, namesRefusals }: ReplicationOptions,
): Finding[] {
  const groups = Map.groupBy(sets, ({ plan, database }) => JSON.stringify([plan, database]));
  return [...groups.values()].flatMap((own) => {
    const late = own.findLast((set) => isLate(set, now));
    const refused = own.findLast(({ replication }) => replication?.status === 'refused');
    if (late !== undefined) return [uncopied(late, repository)];
    return refused === undefined || !namesRefusals ? [] : [unasked(refused, repository)];
  });
}

function unasked({ plan, database, id, replication }: SeenSet, repository: string): Finding {
  return finding(
    { plan, database, repository },
    {
      verdict: 'uncopied',
      severity: 'warning',
      detail: `not known: whether set ${id} has reached the replica (s3:GetObject is denied on ${replication?.example})`,
      set: id,
      hint: 'Allow the role of check s3:GetObject on the objects of sets, which S3 asks for HeadObject: `npx cdk deploy --all` does.',
    },
  );
}

function isLate(set: SeenSet, now: Date): boolean {
  const status = set.replication?.status;
  if (status !== 'failed' && status !== 'pending') return false;
  return now.getTime() - changedAt(set).getTime() > COPIED_WITHIN_SECONDS * 1000;
}

function changedAt({ startedAt, checkedAt, provedAt }: SeenSet): Date {
  const times = [startedAt, checkedAt, provedAt].map((time) => time?.getTime() ?? 0);
  return new Date(Math.max(...times));
}

function uncopied(set: SeenSet, repository: string): Finding {
  const { plan, database, id, startedAt, replication } = set;
  const { status, objects = 0, example } = replication ?? {};
  const count = `${objects} ${objects === 1 ? 'object' : 'objects'} of set ${id}, taken ${speakTime(startedAt)}, ${objects === 1 ? 'is' : 'are'}`;
  const isFailed = status === 'failed';
  return finding(
    { plan, database, repository },
    {
      verdict: 'uncopied',
      severity: isFailed ? 'critical' : 'warning',
      detail: `${count} not in the replica: S3 says ${isFailed ? 'FAILED' : 'PENDING'} (${example})`,
      since: new Date(changedAt(set).getTime() + COPIED_WITHIN_SECONDS * 1000),
      set: id,
      hint: isFailed
        ? 'S3 does not try again: put right the role of replication, the key or the policy of the replica, then copy with an S3 Batch Replication job, or `holdfast copy`.'
        : 'S3 goes on by itself when the other region answers: see the health of AWS, and `aws s3api head-object` for the status.',
    },
  );
}
