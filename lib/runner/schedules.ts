import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { parseCronFields } from '../../engine/config/cron-fields.ts';
import { DRILL_SCHEDULE } from '../../engine/domain/drill-mistakes.ts';
import type { Installation } from '../installation.ts';
import { schedulerExpressions } from '../scheduler-expression.ts';
import { managedRole } from './managed-role.ts';
import type { FunctionName } from './runner-functions.ts';
import { allow } from './statements.ts';

/** Scheduler puts the time at which it was due in its place. */
const DUE = '<aws.scheduler.scheduled-time>';

/** After the nightly backups and their verifications, and after prune has released what need not be read any more. */
const REREAD_SCHEDULE = '52 9 * * *';

/** What is looked after whatever the plans are: cron in UTC, function, event. */
const CHORES = {
  check: { cron: '17 * * * *', calls: 'check', event: { scheduledFor: DUE } },
  digest: { cron: '47 7 * * 1', calls: 'check', event: { digest: true, scheduledFor: DUE } },
  drill: {
    cron: DRILL_SCHEDULE,
    calls: 'start-run',
    event: { operation: 'drill', scheduledFor: DUE },
  },
  prune: { cron: '37 5 * * *', calls: 'prune', event: { scheduledFor: DUE } },
  reread: {
    cron: REREAD_SCHEDULE,
    calls: 'start-run',
    event: { operation: 'reread', scheduledFor: DUE },
  },
  'recovery-point': {
    cron: '7 * * * *',
    calls: 'watch-recovery-point',
    event: { scheduledFor: DUE },
  },
  ledger: { cron: '27 * * * *', calls: 'seal-ledger', event: { scheduledFor: DUE } },
  report: { cron: '47 4 2 * *', calls: 'report', event: { scheduledFor: DUE } },
} as const satisfies Record<string, { cron: string; calls: FunctionName; event: object }>;

/** Copies begin when a snapshot is there, and what failed is tried again. */
const SNAPSHOTS = {
  cron: '3,23,43 * * * *',
  calls: 'rds-snapshot',
  event: { scheduledFor: DUE },
} as const;

/** Name of their group, by which Scheduler counts. */
export const SCHEDULE_GROUP = 'plans';

export interface SchedulesProps {
  installation: Installation;
  functions: Readonly<Record<FunctionName, IFunction>>;
  deadLetters: Queue;
  /** Of the dead letters. */
  keyArn: string;
}

/** One schedule a plan (two where cron takes either of two days), and the chores. */
export class Schedules extends Construct {
  readonly #props: SchedulesProps;
  readonly #role: IRole;
  readonly #group: string;

  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    this.#props = props;
    this.#role = this.#makeRole(props);
    const { installation } = props;
    const group = new CfnScheduleGroup(this, 'Group', {
      name: installation.names.of(SCHEDULE_GROUP),
    });
    this.#group = group.ref;
    for (const { name, plan } of installation.plans)
      if (plan.schedule !== undefined)
        this.#add(`plan-${name}`, {
          cron: plan.schedule,
          timezone: plan.timezone,
          calls: 'start-run',
          event: { plan: name, scheduledFor: DUE },
        });
    this.#addSnapshots(installation);
    for (const [name, chore] of Object.entries(CHORES))
      this.#add(name, { ...chore, timezone: 'UTC' });
  }

  /** Where there are none, nothing looks after them either. */
  #addSnapshots({ config }: Installation): void {
    const plans = Object.entries(config.snapshotPlans);
    for (const [name, { schedule: cron, timezone }] of plans)
      this.#add(`plan-${name}`, {
        cron,
        timezone,
        calls: SNAPSHOTS.calls,
        event: { plan: name, scheduledFor: DUE },
      });
    if (plans.length > 0) this.#add('snapshots', { ...SNAPSHOTS, timezone: 'UTC' });
  }

  #add(name: string, { cron, timezone, calls, event }: Entry): void {
    const expressions = schedulerExpressions(parseCronFields(cron));
    for (const [index, scheduleExpression] of expressions.entries())
      new CfnSchedule(this, expressions.length === 1 ? name : `${name}.${index + 1}`, {
        groupName: this.#group,
        description: `${cron} (${timezone}): ${calls}`,
        scheduleExpression,
        scheduleExpressionTimezone: timezone,
        flexibleTimeWindow: { mode: 'OFF' },
        target: this.#target(calls, event),
      });
  }

  /**
   * Scheduler hands the event over to Lambda, for a day if it has to; with that its work is done. What becomes of the call is Lambda's:
   * two more tries within minutes, then the dead letters. One that comes twice finds its own name taken.
   */
  #target(calls: FunctionName, event: object): CfnSchedule.TargetProperty {
    const { functions, deadLetters } = this.#props;
    return {
      arn: functions[calls].functionArn,
      roleArn: this.#role.roleArn,
      input: JSON.stringify(event),
      deadLetterConfig: { arn: deadLetters.queueArn },
      retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 },
    };
  }

  #makeRole({ functions, deadLetters, keyArn }: SchedulesProps): IRole {
    const called = new Set<FunctionName>([
      'start-run',
      SNAPSHOTS.calls,
      ...Object.values(CHORES).map(({ calls }) => calls),
    ]);
    return managedRole(this, 'Role', {
      service: 'scheduler.amazonaws.com',
      description: 'Holdfast: what the schedules call',
      statements: [
        allow(
          ['lambda:InvokeFunction'],
          [...called].map((name) => functions[name].functionArn),
        ),
        allow(['sqs:SendMessage'], [deadLetters.queueArn]),
        allow(['kms:GenerateDataKey', 'kms:Decrypt'], [keyArn]),
      ],
    });
  }
}

interface Entry {
  cron: string;
  timezone: string;
  calls: FunctionName;
  event: object;
}
