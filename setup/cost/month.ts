import { partBytes } from '../../engine/domain/part-plan.ts';
import { TASK_RESOURCES, type TaskSize, taskSizeFor } from '../../engine/domain/task-size.ts';
import { PRICE } from './prices.ts';

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

export const ASSUMED = {
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

/** A month of one database of this size when every plan has been kept for its whole time. */
export function costOfMonth(databaseGb: number, facts: StackFacts): CostLine[] {
  return [
    { what: 'Vault: storage', usd: storage(databaseGb, facts, facts.undoDays.vault) },
    { what: 'Vault: requests and data events', usd: requests(databaseGb, facts) },
    { what: 'Replica: storage', usd: storage(databaseGb, facts, facts.undoDays.replica), isOfReplica: true },
    { what: 'Replica: transfer, requests', usd: replication(databaseGb, facts), isOfReplica: true },
    { what: 'Tasks: backups', usd: runs(facts) * taskCost('backup', databaseGb) },
    { what: 'Tasks: verifications', usd: runs(facts) * taskCost('verify', databaseGb) },
    { what: 'Tasks: one drill', usd: taskCost('drill', databaseGb) },
    { what: 'Keys', usd: facts.keys * PRICE.kmsKeyMonth + runs(facts) * 4 * ASSUMED.objectsASet * PRICE.kmsRequest },
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
    const coldPrice = cold === undefined ? 0 : PRICE.s3[cold.storageClass];
    return sum + gbPerDay * (hotDays * PRICE.s3.STANDARD + (days - hotDays) * coldPrice);
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
  const sets = facts.plans.reduce((sum, { runsAMonth, keepDays }) => sum + (runsAMonth * keepDays) / DAYS_A_MONTH, 0);
  const manifestsRead = sets * 4 * DAYS_A_MONTH;
  const moved = facts.plans.reduce((sum, { runsAMonth, cold }) => sum + (cold === undefined ? 0 : runsAMonth), 0);
  const events = (puts + manifestsRead) * PRICE.trailDataEvent;
  return puts * PRICE.s3Put + manifestsRead * PRICE.s3Get + moved * PRICE.s3Transition + events;
}

function replication(databaseGb: number, facts: StackFacts): number {
  const gb = runs(facts) * storedGb(databaseGb);
  return gb * (PRICE.transferGb + PRICE.replicationTimeGb) + runs(facts) * putsOfSet(databaseGb) * (PRICE.s3Put + PRICE.trailDataEvent);
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
  const diskHour = disk > 200 ? (disk * PRICE.ebsGbMonth) / HOURS_A_MONTH : Math.max(0, disk - 20) * PRICE.fargateDiskGbHour;
  const hour = (cpu / 1024) * PRICE.fargateCpuHour + (memoryMiB / 1024) * PRICE.fargateGbHour + diskHour;
  return taskHours(kind, databaseGb) * hour;
}

/** Calls a month, seconds a call and GB of memory, generously. */
function machinery(facts: StackFacts): number {
  const perRun = { calls: 3, seconds: 3, gb: 0.5 };
  const calls = [
    { calls: 4 * DAYS_A_MONTH, seconds: 30, gb: 1 },
    { calls: DAYS_A_MONTH, seconds: 60, gb: 1 },
    { calls: HOURS_A_MONTH, seconds: 3, gb: 0.5 },
    { ...perRun, calls: perRun.calls * runs(facts) },
  ];
  const functions = calls.reduce((sum, one) => sum + one.calls * (PRICE.lambdaCall + one.seconds * one.gb * PRICE.lambdaGbSecond), 0);
  return functions + runs(facts) * 20 * PRICE.stateTransition;
}

/** Of one database: what backups and checks measure for each plan, each also without the database; and a log of 2 MB a task. */
function watching({ plans, alarmMetrics, compositeAlarms, dashboards, ...facts }: StackFacts): number {
  const metrics = plans.length * 2 * 6 + 8;
  const logs = (2 * runs({ ...facts, plans, alarmMetrics, compositeAlarms, dashboards }) + 1) * 0.002 * PRICE.logGb;
  const alarms = alarmMetrics * PRICE.alarmMetricMonth + compositeAlarms * PRICE.compositeAlarmMonth;
  return metrics * PRICE.metricMonth + alarms + dashboards * PRICE.dashboardMonth + logs;
}
