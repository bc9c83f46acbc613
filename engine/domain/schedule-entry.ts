import { isDrilledAfterBackup, isDrilledMonthly } from '../config/database-schema.ts';
import type { PlanConfig } from '../config/plan-schema.ts';
import { databasesOf } from '../config/plan-scope.ts';
import type { Config } from '../config/schema.ts';
import { HoldfastError } from '../errors.ts';

/** One thing that the machine's scheduler starts. */
export interface ScheduleEntry {
  operation: 'backup' | 'prune' | 'rotate' | 'check' | 'seal' | 'drill' | 'report';
  plan: string | null;
  database: string | null;
  /** Five fields of cron. */
  schedule: string;
  /** Zone of the schedule; null for entries of ours, which follow the clock of the machine. */
  timezone: string | null;
  /** Arguments of our program, one list a run; each runs only when the one before it succeeded. */
  commands: readonly (readonly string[])[];
}

/** Off the full hour, when everything else on a machine and its network starts. */
const PRUNE_DAILY = '47 5 * * *';
/** After prune, which removes what need not be read any more. */
const ROTATE_DAILY = '11 7 * * *';
const CHECK_EVERY_6_HOURS = '17 */6 * * *';
const SEAL_HOURLY = '31 * * * *';
/** On the 2nd, when every run of the last month is over. */
const REPORT_MONTHLY = '37 6 2 * *';

/** Days that every month has, one database after the other, so that drills do not meet. */
function drillMonthly(index: number): string {
  return `7 4 ${(index % 28) + 1} * *`;
}

export interface EntryOptions {
  /** For plans without one, by the clock of the machine. */
  defaultSchedule?: string | undefined;
}

/** All that a machine without a stack has to start, from the config. @throws HoldfastError CONFIG_INVALID. */
export function scheduleEntries(
  config: Config,
  { defaultSchedule }: EntryOptions = {},
): ScheduleEntry[] {
  const backups = Object.entries(config.plans).flatMap(([name, plan]) =>
    backupsOf(config, { name, plan, defaultSchedule }),
  );
  if (backups.length === 0) throw nothingScheduled(config);
  const drilled = Object.entries(config.databases).filter(([, { drill }]) =>
    isDrilledMonthly(drill),
  );
  const own = { plan: null, database: null, timezone: null };
  return [
    ...backups,
    { ...own, operation: 'prune', schedule: PRUNE_DAILY, commands: [['prune', '--apply']] },
    { ...own, operation: 'rotate', schedule: ROTATE_DAILY, commands: [['verify', '--rotate']] },
    { ...own, operation: 'check', schedule: CHECK_EVERY_6_HOURS, commands: [['check']] },
    { ...own, operation: 'seal', schedule: SEAL_HOURLY, commands: [['audit', 'seal']] },
    ...drilled.map(([database], index) => ({
      ...own,
      operation: 'drill' as const,
      database,
      schedule: drillMonthly(index),
      commands: [['drill', '--next', ...positional(database)]],
    })),
    { ...own, operation: 'report', schedule: REPORT_MONTHLY, commands: [['report']] },
  ];
}

const NOT_DRILLED = { enabled: false };

interface NamedPlan extends EntryOptions {
  name: string;
  plan: PlanConfig;
}

function backupsOf(config: Config, { name, plan, defaultSchedule }: NamedPlan): ScheduleEntry[] {
  const schedule = plan.schedule ?? defaultSchedule;
  if (schedule === undefined) return [];
  return databasesOf(plan, config.databases).map((database) => ({
    operation: 'backup',
    plan: name,
    database,
    schedule,
    timezone: plan.schedule === undefined ? null : plan.timezone,
    commands: [
      isOptionLike(database)
        ? ['backup', '--plan', name, '--', database]
        : ['backup', database, '--plan', name],
      ['verify', ...positional(`${database}/${name}/latest`)],
      ...(isDrilledAfterBackup(config.databases[database]?.drill ?? NOT_DRILLED, plan)
        ? [['drill', '--backup', `${database}/${name}/latest`]]
        : []),
    ],
  }));
}

function isOptionLike(word: string): boolean {
  return word.startsWith('-');
}

/** A name that begins with a hyphen stands behind `--`, or it would be read as an option. */
function positional(word: string): string[] {
  return isOptionLike(word) ? ['--', word] : [word];
}

function nothingScheduled({ databases, plans }: Config): HoldfastError {
  if (Object.keys(databases).length === 0) {
    return new HoldfastError({
      code: 'CONFIG_INVALID',
      message: 'there is no database to back up',
      hint: 'Name one in holdfast.yaml, or give --env-file FILE with DATABASE_URL in it.',
    });
  }
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `no plan has a schedule (${Object.keys(plans).join(', ')})`,
    hint: 'Give one, for example schedule: "0 2 * * *".',
  });
}

/** A name for people, files and logs: `backup nightly/clinic`, `prune`. */
export function entryTitle({
  operation,
  plan,
  database,
}: Pick<ScheduleEntry, 'operation' | 'plan' | 'database'>): string {
  const subject = [plan, database].filter((part) => part !== null).join('/');
  return subject === '' ? operation : `${operation} ${subject}`;
}
