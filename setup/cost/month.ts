import { partBytes } from '../../engine/domain/part-plan.ts';
import { TASK_RESOURCES, type TaskSize, taskSizeFor } from '../../engine/domain/task-size.ts';
import { usd } from './prices.ts';
import { rereadsOfMonth } from './rereads.ts';

/** What the synthesized stack and its config say. */
export interface StackFacts {
  keys: number;
  /** Metrics that alarms look at; one with arithmetic looks at several. */
  alarmMetrics: number;
  compositeAlarms: number;
  dashboards: number;
  plans: readonly PlanFacts[];
  undoDays: { vault: number; replica: number };
}

export interface PlanFacts {
  runsAMonth: number;
  keepDays: number;
  cold: { afterDays: number; storageClass: 'GLACIER_IR' | 'GLACIER' | 'DEEP_ARCHIVE' } | undefined;
}

export interface CostLine {
  what: string;
  usd: number;
  /** Gone with `aws.replica: none`. */
  isOfReplica?: boolean;
}

const ASSUMED = {
  /** Stored bytes of one byte of dump, as docs/BENCHMARKS.md measured them for the made-up clinic. */
  storedShare: 0.36,
  /** MB of dump a second. */
  rate: { backup: 50, verify: 100, drill: 25 },
  /** Start of a task until it works. */
  startMinutes: 2,
  objectsASet: 8,
} as const;

const GB = 1e9;
const DAYS_A_MONTH = 365 / 12;
const HOURS_A_MONTH = 24 * DAYS_A_MONTH;
/** The schedule of the stack. */
const DRILLS_A_MONTH = 1;
/** Requests of an entry of the ledger, one an hour, when the ledger is six years old: `GetPublicKey` counts as a signature. */
const ENTRY = { signatures: 2, puts: 2, lists: 60, gets: 150 } as const;

/** A month of one database of this size when every plan has been kept for its whole time. */
export function costOfMonth(databaseGb: number, facts: StackFacts): CostLine[] {
  return [
    { what: 'Vault: storage', usd: storage(databaseGb, facts, facts.undoDays.vault) },
    { what: 'Vault: requests and data events', usd: requests(databaseGb, facts) },
    {
      what: 'Replica: storage',
      usd: storage(databaseGb, facts, facts.undoDays.replica),
      isOfReplica: true,
    },
    { what: 'Replica: transfer, requests', usd: replication(databaseGb, facts), isOfReplica: true },
    { what: 'Tasks: backups', usd: runs(facts) * taskCost('backup', databaseGb) },
    { what: 'Tasks: verifications', usd: runs(facts) * taskCost('verify', databaseGb) },
    { what: 'Tasks: old sets read again', usd: readingAgain(databaseGb, facts) },
    { what: 'Tasks: one drill', usd: DRILLS_A_MONTH * taskCost('drill', databaseGb) },
    {
      what: 'Keys',
      usd:
        facts.keys * usd('kmsKeyMonth') +
        (4 * runs(facts) + 2 * rereadsOfMonth(facts.plans).verified) *
          ASSUMED.objectsASet *
          usd('kmsRequest') +
        HOURS_A_MONTH * keyRequestsOfCheck(facts) * usd('kmsRequest') +
        HOURS_A_MONTH * ENTRY.signatures * usd('kmsSignature'),
    },
    { what: 'Functions and state machines', usd: machinery(facts) },
    { what: 'Metrics, alarms, dashboard, logs', usd: watching(facts) },
  ];
}

function storedGb(databaseGb: number): number {
  return databaseGb * ASSUMED.storedShare;
}

function runs({ plans }: StackFacts): number {
  return plans.reduce((sum, { runsAMonth }) => sum + runsAMonth, 0);
}

function storage(databaseGb: number, { plans }: StackFacts, undoDays: number): number {
  return plans.reduce((sum, { runsAMonth, keepDays, cold }) => {
    const days = keepDays + undoDays + 1;
    const hotDays = Math.min(days, cold?.afterDays ?? days);
    const gbPerDay = (storedGb(databaseGb) * runsAMonth) / DAYS_A_MONTH;
    const coldPrice = cold === undefined ? 0 : usd(`S3 ${cold.storageClass}`);
    return sum + gbPerDay * (hotDays * usd('S3 STANDARD') + (days - hotDays) * coldPrice);
  }, 0);
}

/** Puts of a set: each part of its data, and its small objects. */
function putsOfSet(databaseGb: number): number {
  let left = storedGb(databaseGb) * GB;
  let parts = 0;
  for (; left > 0; parts += 1) left -= partBytes(parts + 1);
  return parts + ASSUMED.objectsASet;
}

function requests(databaseGb: number, facts: StackFacts): number {
  const puts = runs(facts) * putsOfSet(databaseGb);
  // Verifications and drills read each object once, check each manifest every hour. HeadObject has the price of a GET.
  const sets = facts.plans.reduce(
    (sum, { runsAMonth, keepDays }) => sum + (runsAMonth * keepDays) / DAYS_A_MONTH,
    0,
  );
  const ofCheck = (sets + requestsOfCheck(facts)) * HOURS_A_MONTH;
  const moved = facts.plans.reduce(
    (sum, { runsAMonth, cold }) => sum + (cold === undefined ? 0 : runsAMonth),
    0,
  );
  const { verified, inspected } = rereadsOfMonth(facts.plans);
  const setsRead = runs(facts) + DRILLS_A_MONTH + verified + inspected;
  const gets = ofCheck + setsRead * ASSUMED.objectsASet;
  const events = (puts + gets) * usd('trailDataEvent');
  return (
    puts * usd('s3Put') +
    gets * usd('s3Get') +
    moved * usd('s3Transition') +
    events +
    HOURS_A_MONTH * requestsOfEntry()
  );
}

/** Beside manifests: the marks of the newest sets (4), how far each object of a newest set was copied, and the settings of two buckets. */
function requestsOfCheck({ plans }: StackFacts): number {
  return plans.length * (4 + 1 + ASSUMED.objectsASet) + 2 * SETTINGS_OF_BUCKET;
}

const SETTINGS_OF_BUCKET = 6;

/** Two of each key, and two that find the keys of the stores. */
function keyRequestsOfCheck({ keys }: StackFacts): number {
  return 2 * keys + 2;
}

function requestsOfEntry(): number {
  const { puts, lists, gets } = ENTRY;
  return (
    (puts + lists) * usd('s3Put') + gets * usd('s3Get') + (puts + gets) * usd('trailDataEvent')
  );
}

function replication(databaseGb: number, facts: StackFacts): number {
  const gb = runs(facts) * storedGb(databaseGb);
  return (
    gb * (usd('transferGb') + usd('replicationTimeGb')) +
    runs(facts) * putsOfSet(databaseGb) * (usd('s3Put') + usd('trailDataEvent'))
  );
}

export function taskHours(kind: keyof typeof ASSUMED.rate, databaseGb: number): number {
  return (databaseGb * 1000) / ASSUMED.rate[kind] / 3600 + ASSUMED.startMinutes / 60;
}

export function sizeOf(kind: keyof typeof ASSUMED.rate, databaseGb: number): TaskSize {
  return taskSizeFor({ operation: kind, bytes: databaseGb * GB });
}

function taskCost(kind: keyof typeof ASSUMED.rate, databaseGb: number): number {
  const { cpu, memoryMiB, diskGiB, drillDiskGiB } = TASK_RESOURCES[sizeOf(kind, databaseGb)];
  const disk = kind === 'drill' ? drillDiskGiB : diskGiB;
  const diskHour =
    disk > 200
      ? (disk * usd('ebsGbMonth')) / HOURS_A_MONTH
      : Math.max(0, disk - 20) * usd('fargateDiskGbHour');
  const hour =
    (cpu / 1024) * usd('fargateCpuHour') + (memoryMiB / 1024) * usd('fargateGbHour') + diskHour;
  return taskHours(kind, databaseGb) * hour;
}

/** Nothing is thawed: a cold set is inspected by a small task that reads no byte of it. */
function readingAgain(databaseGb: number, { plans }: StackFacts): number {
  const { verified, inspected } = rereadsOfMonth(plans);
  return verified * taskCost('verify', databaseGb) + inspected * taskCost('verify', 0);
}

/** Of one database, with one retry. */
const TRANSITIONS_A_RUN = 25;
const TRANSITIONS_OF_A_REREAD = 12;

/** Calls a month, seconds a call and GB of memory, generously. */
function machinery(facts: StackFacts): number {
  const perRun = { calls: 4, seconds: 3, gb: 0.5 };
  const { verified, inspected } = rereadsOfMonth(facts.plans);
  const rereads = verified + inspected;
  const calls = [
    { calls: HOURS_A_MONTH, seconds: 30, gb: 1 },
    { calls: DAYS_A_MONTH, seconds: 60, gb: 1 },
    { calls: HOURS_A_MONTH, seconds: 3, gb: 0.5 },
    { calls: 3 * HOURS_A_MONTH, seconds: 3, gb: 1 },
    { calls: HOURS_A_MONTH, seconds: 6, gb: 1 },
    { calls: 1, seconds: 60, gb: 2 },
    { ...perRun, calls: perRun.calls * runs(facts) },
    { ...perRun, calls: rereads + 2 * DAYS_A_MONTH },
  ];
  const functions = calls.reduce(
    (sum, one) =>
      sum + one.calls * (usd('lambdaCall') + one.seconds * one.gb * usd('lambdaGbSecond')),
    0,
  );
  const transitions = runs(facts) * TRANSITIONS_A_RUN + rereads * TRANSITIONS_OF_A_REREAD;
  return functions + transitions * usd('stateTransition');
}

/**
 * Of one database: what backups and checks measure for each plan, each also without the database; proofs and drills (4), findings by
 * severity (4), unread sets (1) and subscribers by topic (2); and a log of 2 MB a task.
 */
function watching({
  plans,
  alarmMetrics,
  compositeAlarms,
  dashboards,
  ...facts
}: StackFacts): number {
  const metrics = plans.length * 2 * 6 + 11;
  const { verified, inspected } = rereadsOfMonth(plans);
  const logs =
    (2 * runs({ ...facts, plans, alarmMetrics, compositeAlarms, dashboards }) +
      1 +
      verified +
      inspected) *
    0.002 *
    usd('logGb');
  const alarms =
    alarmMetrics * usd('alarmMetricMonth') + compositeAlarms * usd('compositeAlarmMonth');
  return metrics * usd('metricMonth') + alarms + dashboards * usd('dashboardMonth') + logs;
}
