import type { CallAws } from '../../demo/aws/deployed-stack.ts';
import { isGone } from './absent.ts';
import { type Patience, within } from './patience.ts';

export interface Place {
  call: CallAws;
  region: string;
}

/** As lib/names.ts makes it. */
export function stackName(project: string, part: string): string {
  const words = project.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('') + part;
}

/** What a stack made, and may let stay when it goes. */
export interface StackResource {
  ResourceType: string;
  PhysicalResourceId?: string;
}

/** None where there is no stack. */
async function resourcesOf({ call, region }: Place, StackName: string): Promise<StackResource[]> {
  const all: StackResource[] = [];
  await isGone(async () => {
    for (let NextToken: string | undefined; ; ) {
      const wish = { StackName, ...(NextToken === undefined ? {} : { NextToken }) };
      const page = await call<{ StackResourceSummaries?: StackResource[]; NextToken?: string }>(
        'cloudformation',
        'ListStackResources',
        wish,
        region,
      );
      all.push(...(page.StackResourceSummaries ?? []));
      NextToken = page.NextToken;
      if (!NextToken) return;
    }
  });
  return all;
}

interface Stack {
  StackStatus: string;
  StackStatusReason?: string;
}

export interface StackRemoval {
  StackName: string;
  patience: Patience;
  /** Gets all that the stack made, some of it more than once: one that is still being made has more when it ends. */
  made: (resources: readonly StackResource[]) => void;
}

/** What could not go at first, such as a cluster whose tasks still end, is tried once more. @throws Error with the reason of CloudFormation. */
export async function removeStack(
  { call, region }: Place,
  { StackName, patience, made }: StackRemoval,
): Promise<void> {
  const look = async () => made(await resourcesOf({ call, region }, StackName));
  await call('cloudformation', 'DescribeStacks', { StackName }, region);
  await call(
    'cloudformation',
    'UpdateTerminationProtection',
    { StackName, EnableTerminationProtection: false },
    region,
  );
  const remove = () => call('cloudformation', 'DeleteStack', { StackName }, region);
  await look();
  await remove();
  let isSecond = false;
  await within({ minutes: 60, what: `stack ${StackName} gone`, patience }, async () => {
    const found = await stackOf({ call, region }, StackName);
    if (found === undefined || found.StackStatus === 'DELETE_COMPLETE') return true;
    await look();
    if (found.StackStatus !== 'DELETE_FAILED') return undefined;
    if (isSecond) throw new Error(found.StackStatusReason ?? found.StackStatus);
    isSecond = true;
    await remove();
    return undefined;
  });
}

async function stackOf({ call, region }: Place, StackName: string): Promise<Stack | undefined> {
  let found: Stack | undefined;
  await isGone(async () => {
    const { Stacks } = await call<{ Stacks: Stack[] }>(
      'cloudformation',
      'DescribeStacks',
      { StackName },
      region,
    );
    [found] = Stacks;
  });
  return found;
}
