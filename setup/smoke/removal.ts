import type { CallAws } from '../../demo/aws/deployed-stack.ts';
import { isAbsent, isGone } from './absent.ts';
import { removeBucket } from './bucket-removal.ts';
import { removeGroup, removeInstance, removeSecret } from './database.ts';
import { KEY_DAYS, keysOf, type NamedKey, PRIMARY_DAYS, removeKey } from './key-removal.ts';
import type { Patience } from './patience.ts';
import { idsOf, leftIdentities, removeRole } from './role-removal.ts';
import type { Settings } from './settings.ts';
import { type Place, removeStack, type StackResource, stackName } from './stack-removal.ts';
import { stopRuns } from './stop-runs.ts';

/** What may be there, whether it was made or not: a smoke test that broke off in the midst removes the same. */
export interface Remains {
  call: CallAws;
  settings: Pick<Settings, 'region' | 'replica' | 'databaseSecret'>;
  project: string;
  bucket: string;
  patience: Patience;
}

/** Removes what it may, goes on when something can't be, and says each thing that stays. */
export async function removeAll(remains: Remains, say: (text: string) => void): Promise<string[]> {
  const removal = new Removal(remains, say);
  await removal.removeAll();
  return removal.stays;
}

interface Made extends StackResource {
  region: string;
}

/** Those that need others first. */
const STACKS = ['Runner', 'Vault', 'Replica', 'Keys'];

class Removal {
  readonly stays: string[] = [];
  readonly #remains: Remains;
  readonly #say: (text: string) => void;
  readonly #home: Place;
  readonly #away: Place;

  constructor(remains: Remains, say: (text: string) => void) {
    this.#remains = remains;
    this.#say = say;
    const { call, settings } = remains;
    this.#home = { call, region: settings.region };
    this.#away = { call, region: settings.replica };
  }

  async removeAll(): Promise<void> {
    const { call, project } = this.#remains;
    const aliased = await this.#keys();
    await this.#attempt('what runs', () => stopRuns(this.#home, project));
    const made = await this.#stacks();
    const keys = [...aliased, ...keysWithout(aliased, made)];
    await this.#trails();
    await this.#buckets();
    await this.#logs();
    for (const name of [`${project}-critical`, `${project}-warning`])
      await this.#attempt(`queue ${name}`, () => removeQueue(this.#home, name));
    await this.#identities(made);
    await this.#database();
    for (const { region, ...key } of keys)
      await this.#attempt(`key ${key.alias ?? key.id} in ${region}`, () =>
        removeKey({ call, region }, key),
      );
    this.#tellRest({ keys, made });
  }

  /** What is not there is not to be removed, and does not stay. */
  async #attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    this.#say(`removes ${what}`);
    try {
      await work();
    } catch (error) {
      if (!isAbsent(error))
        this.stays.push(
          `${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`,
        );
    }
  }

  /** Before the stacks go, which take some of the aliases along. */
  async #keys(): Promise<NamedKey[]> {
    const keys: NamedKey[] = [];
    for (const place of [this.#home, this.#away])
      await this.#attempt(`keys in ${place.region}, by their aliases`, async () => {
        keys.push(...(await keysOf(place, this.#remains.project)));
      });
    return keys;
  }

  /** @returns what they had made, and where. */
  async #stacks(): Promise<Made[]> {
    const { project, patience } = this.#remains;
    const all = new Map<string, Made>();
    for (const part of STACKS) {
      const StackName = stackName(project, part);
      const place = part === 'Replica' ? this.#away : this.#home;
      const made = (resources: readonly StackResource[]) => {
        for (const one of resources)
          all.set(`${one.ResourceType} ${one.PhysicalResourceId} ${place.region}`, {
            ...one,
            region: place.region,
          });
      };
      await this.#attempt(`stack ${StackName}`, () =>
        removeStack(place, { StackName, patience, made }),
      );
    }
    return [...all.values()];
  }

  async #trails(): Promise<void> {
    const { call, project } = this.#remains;
    const Name = `holdfast-${project}-trail`;
    for (const { region } of [this.#home, this.#away])
      await this.#attempt(`trail ${Name} in ${region}`, () =>
        call('cloudtrail', 'DeleteTrail', { Name }, region),
      );
  }

  /** Those of logs last, which hear of the removal of the others. */
  async #buckets(): Promise<void> {
    const { bucket } = this.#remains;
    for (const [place, main] of [
      [this.#home, bucket] as const,
      [this.#away, `${bucket}-replica`] as const,
    ])
      for (const [Bucket, isLocked] of [
        [main, true] as const,
        [`${main}-trail`, true] as const,
        [`${main}-logs`, false] as const,
      ])
        await this.#attempt(`bucket ${Bucket}`, () => removeBucket(place, { Bucket, isLocked }));
  }

  async #logs(): Promise<void> {
    const { project } = this.#remains;
    const prefixes = [
      `/holdfast/${project}/`,
      `/aws/lambda/holdfast-${project}-`,
      `/aws/ecs/containerinsights/holdfast-${project}-`,
    ];
    for (const place of [this.#home, this.#away])
      for (const prefix of prefixes)
        await this.#attempt(`log groups ${prefix}* in ${place.region}`, () =>
          removeLogs(place, prefix),
        );
  }

  async #identities(made: readonly StackResource[]): Promise<void> {
    const { call } = this.#remains;
    await this.#attempt('roles and policies that the stacks left', async () => {
      const { roles, policies } = await leftIdentities(call, this.#needless(made));
      for (const name of roles) await this.#attempt(`role ${name}`, () => removeRole(call, name));
      for (const PolicyArn of policies)
        await this.#attempt(`policy ${PolicyArn}`, () =>
          call('iam', 'DeletePolicy', { PolicyArn }),
        );
    });
  }

  /** All but the role without which nobody could empty the buckets that stay. */
  #needless(made: readonly StackResource[]): readonly StackResource[] {
    const isBreakGlass = ({ PhysicalResourceId: id = '' }: StackResource) =>
      /break-?glass/i.test(id);
    if (!this.stays.some((one) => one.startsWith('bucket ')) || !made.some(isBreakGlass))
      return made;
    this.stays.push(
      `role holdfast-${this.#remains.project}-break-glass, which may lift the locks of the buckets that stay`,
    );
    return made.filter((one) => !isBreakGlass(one));
  }

  /** All is named by the project, so that one that was only begun goes too. */
  async #database(): Promise<void> {
    const { call, project, settings, patience } = this.#remains;
    if (settings.databaseSecret !== undefined) return;
    await this.#attempt(`secret ${project}/database`, () => removeSecret(call, project));
    await this.#attempt(`database ${project}`, () => removeInstance(call, project, patience));
    await this.#attempt(`security group ${project}`, () => removeGroup(call, project, patience));
  }

  #tellRest({ keys, made }: { keys: readonly NamedKey[]; made: readonly Made[] }): void {
    const { settings } = this.#remains;
    if (keys.length > 0)
      this.stays.push(
        `${keys.length} KMS keys, which AWS removes ${KEY_DAYS} days from now, the one that has a copy in ${settings.replica} ` +
          `${PRIMARY_DAYS}; it does not charge for them until then`,
      );
    const there = made.filter(({ region }) => region === settings.replica);
    for (const rule of idsOf(there, 'AWS::Events::Rule'))
      this.stays.push(
        `EventBridge rule ${rule} in ${settings.replica}, which costs nothing and has no role any more`,
      );
    this.stays.push(
      'the stacks CDKToolkit, which belong to the CDK, and the image and the assets that it put into their registry and buckets',
    );
  }
}

/** A stack that was broken off may have made a key without its alias. */
function keysWithout(aliased: readonly NamedKey[], made: readonly Made[]): NamedKey[] {
  const keys = made.filter(({ ResourceType }) => /^AWS::KMS::(Replica)?Key$/.test(ResourceType));
  const known = new Set(aliased.map(({ region, id }) => `${region} ${id}`));
  return keys.flatMap(({ region, PhysicalResourceId: id }) =>
    id && !known.has(`${region} ${id}`) ? [{ region, id }] : [],
  );
}

async function removeLogs({ call, region }: Place, logGroupNamePrefix: string): Promise<void> {
  for (;;) {
    const wish = { logGroupNamePrefix };
    const { logGroups = [] } = await call<{ logGroups?: { logGroupName: string }[] }>(
      'logs',
      'DescribeLogGroups',
      wish,
      region,
    );
    if (logGroups.length === 0) return;
    for (const { logGroupName } of logGroups)
      await isGone(() => call('logs', 'DeleteLogGroup', { logGroupName }, region));
  }
}

async function removeQueue({ call, region }: Place, QueueName: string): Promise<void> {
  const { QueueUrl } = await call<{ QueueUrl: string }>(
    'sqs',
    'GetQueueUrl',
    { QueueName },
    region,
  );
  await call('sqs', 'DeleteQueue', { QueueUrl }, region);
}
