import { within } from './patience.ts';
import { assert, type Proof, type Smoke } from './proof.ts';
import { SMOKE } from './smoke-config.ts';

const NO_POLICIES = 'it judges no policy';

export const RUNNER_PROOFS: readonly Proof[] = [
  {
    about: 'roles of tasks, functions, machines and schedules',
    notLocal: NO_POLICIES,
    leaves: 'what they may not do, beyond the rows of the vault',
    look: ({ seen }) => ranWell(seen.run, 'the run'),
  },
  {
    about: 'sessions of the readers',
    notLocal: NO_POLICIES,
    leaves: 'another set refused, names outside of ASCII',
    look: ({ seen }) => ranWell(seen.drill, 'the drill'),
  },
  {
    about: 'Scheduler firing',
    notLocal: 'its Scheduler fires nothing',
    leaves: 'expressions of cron and zones, which it only took',
    look: schedulerFires,
  },
  {
    about: 'alarms ringing on metrics',
    notLocal: 'its alarms look at no metric',
    leaves: 'a metric that stays away',
    look: alarmRings,
  },
  {
    about: 'rules on CloudTrail events',
    notLocal: 'its CloudTrail sees no call',
    leaves: 'keys, and tasks that never started',
    look: changeIsTold,
  },
  {
    about: 'topics with a key of their own',
    notLocal: 'its topics have no key',
    look: alarmReachesPager,
  },
  {
    about: 'a filter of JSONPath on the results of a Map',
    notLocal: 'it has an interpreter of its own',
    leaves: 'a list of none',
    look: failureIsTold,
  },
  {
    about: 'reserved concurrency in an account',
    notLocal: 'it reserves nothing',
    look: concurrency,
  },
  {
    about: 'beyond the list: a run with its verification, by the state machine',
    look: ({ seen }) => ranWell(seen.run, 'the run'),
  },
  { about: 'beyond the list: a drill', look: ({ seen }) => ranWell(seen.drill, 'the drill') },
  { about: 'beyond the list: a run that fails is one alert at a subscriber', look: failureIsTold },
  {
    about: 'beyond the list: a plan that nothing starts is an alert',
    look: ({ seen }) => paged(seen.pages, SMOKE.forgotten),
  },
];

function ranWell(
  { status, error }: { status: string; error: string | undefined },
  what: string,
): string {
  assert(status === 'SUCCEEDED', `${what} ended as ${status} ${error ?? ''}`);
  return `${what} succeeded`;
}

function paged(pages: readonly { subject: string; text: string }[], word: string): string {
  const found = pages.filter(({ subject, text }) => `${subject} ${text}`.includes(word));
  assert(found.length > 0, `no message names ${word}`);
  return `${found[0]?.subject}`;
}

function failureIsTold({ seen: { broken, pages } }: Smoke): string {
  assert(
    broken.status === 'FAILED' && broken.error === 'RunFailed',
    `the run without a secret ended as ${broken.status} ${broken.error}`,
  );
  return paged(pages, `${SMOKE.absent}/${SMOKE.broken}`);
}

/** A schedule of its own, like the plan's, two minutes ahead. */
async function schedulerFires({ call, project, deployed, patience }: Smoke): Promise<string> {
  const GroupName = `holdfast-${project}-plans`;
  const { Schedules } = await call<{ Schedules: { Name: string }[] }>(
    'scheduler',
    'ListSchedules',
    { GroupName },
  );
  const all = await Promise.all(
    Schedules.map(({ Name }) =>
      call<{ Target: { Input: string } }>('scheduler', 'GetSchedule', { GroupName, Name }),
    ),
  );
  const target = all.find(({ Target }) => Target.Input.includes(`"${SMOKE.plan}"`))?.Target;
  assert(target !== undefined, 'the plan has no schedule');
  const due = new Date(Math.ceil((Date.now() + 90_000) / 60_000) * 60_000)
    .toISOString()
    .slice(0, 19);
  await call('scheduler', 'CreateSchedule', {
    ...{
      GroupName,
      Name: 'smoke',
      ScheduleExpression: `at(${due})`,
      FlexibleTimeWindow: { Mode: 'OFF' },
    },
    ...{ ActionAfterCompletion: 'DELETE', Target: target },
  });
  const name = `${SMOKE.plan}-${due.replaceAll(/[-:]/g, '')}Z`;
  await within({ minutes: 6, what: `execution ${name}`, patience }, () =>
    call('stepfunctions', 'DescribeExecution', { executionArn: deployed.executionArn(name) }).then(
      () => true,
      () => undefined,
    ),
  );
  await deployed.ended(name);
  return `it started ${name}, the time in its name as Scheduler wrote it`;
}

interface LateAlarm {
  StateValue: string;
  StateReasonData?: string;
}

/**
 * The plan that nothing starts is older than it may be from its first check on. The alarm rings for want of a metric too, and says what
 * it rests on when it changes: until that is a metric, it is made to judge anew.
 */
async function alarmRings({ call, project, patience }: Smoke): Promise<string> {
  const AlarmName = `holdfast-${project}-plan-${SMOKE.forgotten}-late`;
  const age = await within(
    { minutes: 20, what: `alarm ${AlarmName} in the state ALARM by a metric`, patience },
    async () => {
      const { MetricAlarms } = await call<{ MetricAlarms: LateAlarm[] }>(
        'cloudwatch',
        'DescribeAlarms',
        { AlarmNames: [AlarmName] },
      );
      const ringing = MetricAlarms.find(({ StateValue }) => StateValue === 'ALARM');
      const measured = ringing === undefined ? undefined : measuredBy(ringing);
      if (ringing !== undefined && measured === undefined)
        await call('cloudwatch', 'SetAlarmState', {
          AlarmName,
          StateValue: 'OK',
          StateReason: 'smoke test: judge anew',
        });
      return measured;
    },
  );
  return `the alarm of the plan that nothing starts rang on the metric of check, at ${age} s`;
}

/** The value that made it ring; undefined where it rang for want of one. */
function measuredBy({ StateReasonData = '{}' }: LateAlarm): number | undefined {
  const { recentDatapoints = [] } = JSON.parse(StateReasonData) as {
    recentDatapoints?: (number | null)[];
  };
  return recentDatapoints.find((value) => value !== null);
}

/** The rules that are there are written once more, which changes nothing and is told. */
async function changeIsTold({ call, bucket, deployed, queues, patience }: Smoke): Promise<string> {
  const { Rules } = await call<{ Rules: object[] }>('s3', 'GetBucketLifecycleConfiguration', {
    Bucket: bucket,
  });
  await call('s3', 'PutBucketLifecycleConfiguration', {
    Bucket: bucket,
    LifecycleConfiguration: { Rules },
  });
  await within({ minutes: 15, what: 'a message about PutBucketLifecycle', patience }, async () => {
    const messages = await deployed.pages(queues.warning);
    return messages.find(({ text }) => /PutBucketLifecycle/.test(text));
  });
  return 'a change of the vault came to the topic warning by CloudTrail and EventBridge';
}

async function alarmReachesPager({ call, project, deployed, patience }: Smoke): Promise<string> {
  const AlarmName = `holdfast-${project}-functions-dead`;
  await call('cloudwatch', 'SetAlarmState', {
    AlarmName,
    StateValue: 'ALARM',
    StateReason: 'smoke test',
  });
  await within({ minutes: 5, what: `a message of ${AlarmName}`, patience }, async () =>
    (await deployed.pages()).find(({ text }) => text.includes(AlarmName)),
  );
  return 'an alarm reached the subscriber of the topic critical';
}

async function concurrency({ call }: Smoke): Promise<string> {
  const { AccountLimit } = await call<{ AccountLimit: { ConcurrentExecutions: number } }>(
    'lambda',
    'GetAccountSettings',
  );
  return `the account may run ${AccountLimit.ConcurrentExecutions} at once, and the functions could be reserved theirs`;
}
