import { subjectMark } from '../../engine/domain/alert-message.ts';
import { within } from './patience.ts';
import { assert, type Proof, Skip, type Smoke } from './proof.ts';
import { SMOKE } from './smoke-config.ts';

const NO_IMAGE = 'its tasks are processes without an image';

export const TASK_PROOFS: readonly Proof[] = [
  {
    about: 'the words in which ECS says how a task ended',
    notLocal: 'its words are ours',
    leaves: 'Spot, want of memory, capacity, a task that never starts',
    look: endIsRead,
  },
  {
    about: "the ARN of the task from ECS's metadata endpoint",
    notLocal: 'its tasks have no metadata endpoint',
    look: recordHasArn,
  },
  {
    about: 'metrics out of lines in the log',
    notLocal: 'it reads no metric out of a log',
    look: metricsArrive,
  },
  {
    about: '`holdfast remote`',
    notLocal: 'its logs are there at once',
    leaves: 'long lines, a set of permissions that has no more than it needs',
    look: remoteWorks,
  },
  {
    about: 'messages by protocol',
    notLocal: 'it has a queue for the other protocols',
    leaves: 'e-mail, HTTPS, SMS, filter policies',
    look: messageIsJson,
  },
  {
    about: '`LatestRestorableTime` of real instances',
    notLocal: 'it has no instance of RDS',
    leaves: 'clusters',
    look: recoveryPointIsSeen,
  },
];

export const IMAGE_PROOFS: readonly Proof[] = [
  ...['the base `node:', 'apt.postgresql.org for trixie', 'a build by Docker itself'].map(
    (about) => ({
      about,
      notLocal: NO_IMAGE,
      look: ({ seen }: Smoke) => builtAndRan(seen.run.status),
    }),
  ),
  { about: 'beyond the list: `holdfast remote check`', look: remoteWorks },
  { about: 'beyond the list: what a queue gets is JSON', look: messageIsJson },
  { about: 'a server of RDS that shows a certificate', notLocal: NO_IMAGE, look: certificateHolds },
  {
    about: 'the mode of a Fargate volume on `/tmp`',
    notLocal: NO_IMAGE,
    look: ({ seen }) => builtAndRan(seen.drill.status),
  },
];

function builtAndRan(status: string): string {
  assert(status === 'SUCCEEDED', `the task that it is for ended as ${status}`);
  return 'cdk deploy built the image and its task did its work';
}

function endIsRead({ seen: { broken, pages } }: Smoke): string {
  const message = pages.find(({ text }) => text.includes(`${SMOKE.absent}/${SMOKE.broken}`));
  assert(
    broken.error === 'RunFailed' && message !== undefined,
    'the task without a secret was not told',
  );
  assert(
    !message.text.includes('TASK_NOT_STARTED'),
    'a task that ran and failed was taken for one that never started',
  );
  return 'a task that failed was told by its own record';
}

async function recordHasArn({ call, bucket }: Smoke): Promise<string> {
  const { Contents } = await call<{ Contents: { Key: string }[] }>('s3', 'ListObjectsV2', {
    Bucket: bucket,
    Prefix: 'audit/',
  });
  const Key = Contents.find((one) => one.Key.endsWith('-backup.json'))?.Key;
  assert(Key !== undefined, 'the vault has no record of a backup');
  const { Body } = await call<{ Body: string }>('s3', 'GetObject', { Bucket: bucket, Key });
  const { host } = (JSON.parse(Body) as { initiatedBy: { host: string } }).initiatedBy;
  assert(/^arn:[\w-]+:ecs:/.test(host), `the record of the backup names ${host}, not its task`);
  return `the record of the backup names ${host}`;
}

async function metricsArrive({ call, project, patience }: Smoke): Promise<string> {
  const wish = { Namespace: `Holdfast/${project}`, MetricName: 'AgeSeconds' };
  const found = await within(
    { minutes: 15, what: `metric ${wish.MetricName} in ${wish.Namespace}`, patience },
    async () => {
      const { Metrics = [] } = await call<{ Metrics?: object[] }>(
        'cloudwatch',
        'ListMetrics',
        wish,
      );
      return Metrics.length > 0 ? Metrics.length : undefined;
    },
  );
  return `${found} metrics of that name came out of the log of check`;
}

/** Two plans of the config are late or missing, so check ends as a plugin of monitoring does: 2. */
function remoteWorks({ seen: { remoteStatus } }: Smoke): string {
  assert(
    remoteStatus === 2,
    `holdfast remote check ended with ${remoteStatus}, and was to find two plans without a set`,
  );
  return '`holdfast remote check` followed its task to the end and ended with its exit status';
}

/** CloudWatch and EventBridge write to the same topic, in words of their own. */
function messageIsJson({ project, seen: { pages } }: Smoke): string {
  const ours = pages.filter(({ subject }) => subject.startsWith(subjectMark(project)));
  assert(ours.length > 0, 'no message to the queue is of Holdfast');
  const wrong = ours.find(({ text }) => !isMessage(text));
  assert(
    wrong === undefined,
    `a message to the queue is not the JSON that it is to be: ${wrong?.subject}`,
  );
  return `a queue got JSON, ${ours.length} times; who reads mail gets text`;
}

function isMessage(text: string): boolean {
  try {
    return (JSON.parse(text) as { schemaVersion?: number }).schemaVersion === 1;
  } catch {
    return false;
  }
}

async function recoveryPointIsSeen({ call, database, deployed, patience }: Smoke): Promise<string> {
  if (database === undefined)
    throw new Skip('the database was given, and its instance is not known');
  const wish = { DBInstanceIdentifier: database.instance };
  const at = await within({ minutes: 15, what: 'LatestRestorableTime', patience }, async () => {
    const { DBInstances } = await call<{ DBInstances: { LatestRestorableTime?: Date }[] }>(
      'rds',
      'DescribeDBInstances',
      wish,
    );
    return DBInstances[0]?.LatestRestorableTime;
  });
  await deployed.invoke('watch-recovery-point', {});
  return `RDS says ${at.toISOString()}, and watch-recovery-point read it`;
}

function certificateHolds({ database, seen }: Smoke): string {
  if (database === undefined) throw new Skip('the database was given, and may be no RDS');
  return builtAndRan(seen.run.status);
}
