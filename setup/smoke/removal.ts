import { setTimeout as sleep } from 'node:timers/promises';
import type { CallAws } from '../../demo/aws/deployed-stack.ts';
import { removeDatabase, type SmokeDatabase } from './database.ts';
import type { Identity } from './identity.ts';
import type { Settings } from './settings.ts';

/** What may be there, whether it was made or not: a smoke test that broke off in the midst removes the same. */
export interface Remains {
  call: CallAws;
  settings: Settings;
  identity: Identity;
  project: string;
  bucket: string;
  database: SmokeDatabase | undefined;
}

const KEY_DAYS = 7;
const POLL_MS = 5000;

/** Removes what it may, goes on when something can't be, and says each thing that stays. */
export async function removeAll(remains: Remains, say: (text: string) => void): Promise<string[]> {
  const stays: string[] = [];
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    say(`removes ${what}`);
    await work().catch((error: unknown) => stays.push(`${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`));
  };
  const { call, settings, project, bucket, database } = remains;
  const home = { call, region: settings.region };
  const away = { call, region: settings.replica };
  const keys = [...(await keysOf(home, project)), ...(await keysOf(away, project))];
  for (const part of ['Runner', 'Vault'])
    await attempt(`stack ${stackName(project, part)}`, () => removeStack(home, stackName(project, part)));
  await attempt(`stack ${stackName(project, 'Replica')}`, () => removeStack(away, stackName(project, 'Replica')));
  await attempt(`stack ${stackName(project, 'Keys')}`, () => removeStack(home, stackName(project, 'Keys')));
  const trail = `holdfast-${project}-trail`;
  for (const { region } of [home, away])
    await attempt(`trail ${trail} in ${region}`, () => call('cloudtrail', 'DeleteTrail', { Name: trail }, region));
  for (const [place, main] of [
    [home, bucket],
    [away, `${bucket}-replica`],
  ] as const)
    for (const name of [main, `${main}-trail`, `${main}-logs`]) await attempt(`bucket ${name}`, () => removeBucket(place, name));
  for (const place of [home, away])
    for (const prefix of [`/holdfast/${project}`, `/aws/lambda/holdfast-${project}`])
      await attempt(`log groups ${prefix}* in ${place.region}`, () => removeLogs(place, prefix));
  for (const name of ['critical', 'warning']) await attempt(`queue ${project}-${name}`, () => removeQueue(home, `${project}-${name}`));
  if (database !== undefined) await attempt(`database ${database.instance}`, () => removeDatabase(call, database));
  for (const { region, alias, id } of keys) await attempt(`key ${alias} in ${region}`, () => removeKey({ call, region }, { alias, id }));
  if (keys.length > 0)
    stays.push(`${keys.length} KMS keys, which AWS removes ${KEY_DAYS} days from now and does not charge for until then`);
  stays.push('the stacks CDKToolkit, which belong to the CDK');
  stays.push(
    `roles without work in IAM: holdfast-${project}-replication, and those of the trails, whose names begin with those of the stacks`,
  );
  return stays;
}

interface Place {
  call: CallAws;
  region: string;
}

/** As lib/names.ts makes it. */
export function stackName(project: string, part: string): string {
  const words = project.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('') + part;
}

async function removeStack({ call, region }: Place, StackName: string): Promise<void> {
  const isThere = await call('cloudformation', 'DescribeStacks', { StackName }, region).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  await call('cloudformation', 'UpdateTerminationProtection', { StackName, EnableTerminationProtection: false }, region);
  await call('cloudformation', 'DeleteStack', { StackName }, region);
  for (;;) {
    const { Stacks } = await call<{ Stacks: { StackStatus: string; StackStatusReason?: string }[] }>(
      'cloudformation',
      'DescribeStacks',
      { StackName },
      region,
    ).catch(() => ({ Stacks: [] }));
    const [found] = Stacks;
    if (found === undefined || found.StackStatus === 'DELETE_COMPLETE') return;
    if (found.StackStatus === 'DELETE_FAILED') throw new Error(found.StackStatusReason ?? found.StackStatus);
    await sleep(POLL_MS);
  }
}

interface Version {
  Key: string;
  VersionId: string;
}

/** With the right of the break-glass role, which the caller has by the config; a page at a time until there is none. */
async function removeBucket({ call, region }: Place, Bucket: string): Promise<void> {
  const exists = await call('s3', 'HeadBucket', { Bucket }, region).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  for (;;) {
    const page = await call<{ Versions?: Version[]; DeleteMarkers?: Version[] }>('s3', 'ListObjectVersions', { Bucket }, region);
    const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) break;
    const wish = { Bucket, BypassGovernanceRetention: true, Delete: { Objects, Quiet: true } };
    const { Errors = [] } = await call<{ Errors?: { Key: string; Code: string }[] }>('s3', 'DeleteObjects', wish, region);
    const [failed] = Errors;
    if (failed !== undefined) throw new Error(`${Errors.length} versions stay, such as ${failed.Key}: ${failed.Code}`);
  }
  await call('s3', 'DeleteBucket', { Bucket }, region);
}

async function removeLogs({ call, region }: Place, logGroupNamePrefix: string): Promise<void> {
  const { logGroups = [] } = await call<{ logGroups?: { logGroupName: string }[] }>(
    'logs',
    'DescribeLogGroups',
    { logGroupNamePrefix },
    region,
  );
  for (const { logGroupName } of logGroups) await call('logs', 'DeleteLogGroup', { logGroupName }, region);
}

async function removeQueue({ call }: Place, QueueName: string): Promise<void> {
  const { QueueUrl } = await call<{ QueueUrl: string }>('sqs', 'GetQueueUrl', { QueueName });
  await call('sqs', 'DeleteQueue', { QueueUrl });
}

interface NamedKey {
  region: string;
  alias: string;
  id: string;
}

async function keysOf({ call, region }: Place, project: string): Promise<NamedKey[]> {
  const { Aliases } = await call<{ Aliases: { AliasName: string; TargetKeyId?: string }[] }>('kms', 'ListAliases', { Limit: 100 }, region);
  return Aliases.flatMap(({ AliasName, TargetKeyId }) =>
    TargetKeyId !== undefined && AliasName.startsWith(`alias/holdfast-${project}`) ? [{ region, alias: AliasName, id: TargetKeyId }] : [],
  );
}

async function removeKey({ call, region }: Place, { alias, id }: Pick<NamedKey, 'alias' | 'id'>): Promise<void> {
  // The stack took the alias along where it did not retain it.
  await call('kms', 'DeleteAlias', { AliasName: alias }, region).catch(() => undefined);
  const { KeyMetadata } = await call<{ KeyMetadata: { KeyState: string } }>('kms', 'DescribeKey', { KeyId: id }, region);
  if (KeyMetadata.KeyState !== 'PendingDeletion')
    await call('kms', 'ScheduleKeyDeletion', { KeyId: id, PendingWindowInDays: KEY_DAYS }, region);
}
