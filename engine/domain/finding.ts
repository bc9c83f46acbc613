import type { DrillException } from './drill-report.ts';
import type { SeenDeviations } from './health/deviations.ts';
import type { SeenReplication } from './health/replication.ts';
import type { SetAddress } from './key.ts';
import type { ExplainedSuspicion } from './set/describe-suspicion.ts';
import type { SetState, Suspicion } from './set/evaluate-marks.ts';
import type { ReleaseDoubt } from './set/release-doubt.ts';
import type { UnreadReason } from './set/unread-reason.ts';
import type { Severity } from './severity.ts';

export const VERDICTS = [
  'fresh',
  'late',
  'missing',
  'clock',
  'suspect',
  'shrunk',
  'swollen',
  'slow',
  'corrupt',
  'unread',
  'hidden',
  'forged',
  'frozen',
  'empty',
  'other-server',
  'unproven',
  'rto',
  'exceptions',
  'unattainable',
  'unnamed',
  'failed',
  'uncopied',
  'absent',
  'disk',
  'runbook',
  'rehearsal',
  'settings',
  'key',
  'unreachable',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What `check` found of one plan, database and repository; at most one of each verdict. */
export interface Finding {
  /** Null where it is of every plan: the disk of a repository, the drills of a database. */
  plan: string | null;
  database: string | null;
  repository: string;
  verdict: Verdict;
  severity: Severity;
  /** A sentence with the numbers it rests on. */
  detail: string;
  /** Since when it has been so, as far as that can be told. */
  since: Date | null;
  /** Id of the set that it is about. */
  set: string | null;
  ageSeconds: number | null;
  maxAgeSeconds: number | null;
  /** What to do next. */
  hint: string | null;
}

/** One set of a repository, as small as `check` can do with: there may be twenty thousand. */
export interface SeenSet extends SetAddress {
  state: SetState;
  startedAt: Date;
  /** Whether it holds a database with all its rows. */
  isWhole: boolean;
  /** Whether it holds what its plan asks for, as the config has it now: a one-off backup may hold less. */
  fulfilsPlan: boolean;
  /** The suspicions that stand, the newest first. */
  suspicions: readonly Suspicion[];
  /** When the newest of them was found. */
  suspectAt: Date | null;
  /** What that found; only of the newest set of a plan. */
  why?: ExplainedSuspicion | undefined;
  /** Why the mark that says that retention released it can not be true; null or absent where nothing says so. */
  releaseDoubt?: ReleaseDoubt | null;
  /** A suspicion that nobody accepted keeps it and every older one. */
  isFreezing: boolean;
  /** The newest of its proven marks: when a drill last went well with it. */
  provedAt: Date | null;
  /** When a verification last read all of its bytes; null where none did, or what it found counts no longer. */
  checkedAt?: Date | null;
  /** When a verification first read it whole, which is when it was compared with the earlier sets; null where none did. */
  comparedAt?: Date | null;
  /** What was found then; only of the newest compared set of a plan. */
  deviations?: SeenDeviations | undefined;
  /** Whether its objects have reached the replica; only of the newest sets of a vault that has one. */
  replication?: SeenReplication | undefined;
  /** An object of it must be thawed before it can be read. */
  isCold?: boolean;
  /** The repository whose copy was drilled, where the proof came from there: then this copy was not read. */
  provenIn?: string | undefined;
  /** How long the drill took to restore it that proves it; asked only of the set of a database that was drilled last. */
  restoreSeconds?: number | undefined;
  /** A clause where it holds nothing, or none of the tables of the set before it; that is asked of the newest set of a plan only. */
  empty?: string | null;
  /** The server that it came from; null where its manifest can't be read. */
  systemIdentifier?: string | null;
  address?: string | null;
  /** What its proof excepts; only of the newest proven set of a database. */
  exceptions?: readonly DrillException[];
  /** When a drill could not show whether it is whole, for lack of surroundings; no proof came after it. */
  notShownAt?: Date | null;
  /** Why, by the mark of that drill; only of the newest such set of a database. */
  notShownWhy?: string | undefined;
  /** What is wrong with its objects, as the listing has them. */
  damage: string | null;
  /** Why its manifest was not read, where that does not mean damage. */
  unread?: { why: UnreadReason; detail: string } | null | undefined;
  /** Null where its manifest can not be read. */
  storedBytes: number | null;
  /** Bytes before compression; null or absent where its manifest can't be read. */
  plaintextBytes?: number | null;
}

/** Whether a set may count for anything. One in a cold class may: its state and its age stand in its names. */
export function isSound(set: Pick<SeenSet, 'state' | 'damage' | 'unread'>): boolean {
  const { state, damage, unread } = set;
  const isCold = unread?.why === 'cold';
  return state !== 'SUSPECT' && damage === null && (!isUnread({ unread }) || isCold);
}

export function isUnread({ unread }: Pick<SeenSet, 'unread'>): boolean {
  return (unread ?? null) !== null;
}

/** What a plan promises of one database in one repository. */
export interface Expectation {
  plan: string;
  database: string;
  /** Undefined where the plan has neither a schedule nor a maxAge: then a set must be there, of whatever age. */
  maxAgeSeconds: number | undefined;
  /** Whether the database may be without a row. */
  expectsEmpty?: boolean;
  /** Until then a new plan need not have a set. */
  graceUntil?: Date;
}

type Place = Pick<Finding, 'plan' | 'database' | 'repository'>;
export type Judgement = Pick<Finding, 'verdict' | 'severity' | 'detail'> &
  Partial<Omit<Finding, keyof Place>>;

/** A finding with null for all that is not said. */
export function finding({ plan, database, repository }: Place, judged: Judgement): Finding {
  const {
    verdict,
    severity,
    detail,
    since = null,
    set = null,
    ageSeconds = null,
    maxAgeSeconds = null,
    hint = null,
  } = judged;
  return {
    plan,
    database,
    repository,
    verdict,
    severity,
    detail,
    since,
    set,
    ageSeconds,
    maxAgeSeconds,
    hint,
  };
}
