import { RemovalPolicy } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { EventBus as BusTarget } from 'aws-cdk-lib/aws-events-targets';
import { type IRole, ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { HoldfastStack } from './holdfast-stack.ts';
import { trailArn } from './installation.ts';
import { contentCopies, contentReads, keyUses, readRule } from './reads.ts';
import { allow } from './runner/statements.ts';
import {
  BY_CLOUDTRAIL,
  eventSourceOf,
  everyTouchOf,
  GUARDIANS,
  type Guardian,
  ofBuckets,
  ofKeys,
  ofTrail,
} from './touches.ts';

export interface ForwardedTouches {
  keyArns: readonly string[];
  bucketNames: readonly string[];
  /** What opens sets there, and the bucket that holds them where it is ours. */
  reads: { envelopeKeyArn: string; bucketName?: string };
}

/**
 * Hands that touch the replica are told where all else is told: this region's bus passes their calls on to that of the vault's region,
 * whose rules know them by the region they come from. So nobody has to confirm an address twice.
 */
export function forwardTouches(
  stack: HoldfastStack,
  { keyArns, bucketNames, reads }: ForwardedTouches,
): void {
  const { partition, account, aws, names } = stack.installation;
  const trail = { name: names.resource('trail'), arn: trailArn(stack.installation, stack.region) };
  const home = `arn:${partition}:events:${aws.region}:${account}:event-bus/default`;
  const about = [
    calls('key', ofKeys(keyArns)),
    ...(bucketNames.length === 0 ? [] : [calls('bucket', ofBuckets(bucketNames))]),
    ...ofTrail(trail).map((one) => calls('trail', one)),
  ];
  const bus = EventBus.fromEventBusArn(stack, 'Home', home);
  const role = forwardingRole(stack, home);
  const touched = new Rule(stack, 'Touched', {
    eventPattern: {
      source: Object.values(GUARDIANS).map((service) => `aws.${service}`),
      detailType: [BY_CLOUDTRAIL],
      detail: { $or: about },
    },
    targets: [new BusTarget(bus, { role })],
  });
  const rules = [touched, ...forwardReads(stack, reads, () => new BusTarget(bus, { role }))];
  for (const rule of rules) rule.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
}

/** Reads by others are rules of their own: only those are in the state that hears reads. */
function forwardReads(
  stack: HoldfastStack,
  { envelopeKeyArn, bucketName }: ForwardedTouches['reads'],
  target: () => BusTarget,
): Rule[] {
  const { installation } = stack;
  const patterns = {
    KeyUsed: keyUses(installation, [envelopeKeyArn]),
    ...(bucketName === undefined
      ? {}
      : {
          ContentRead: contentReads(installation, [bucketName]),
          ContentCopied: contentCopies(installation, [bucketName]),
        }),
  };
  return Object.entries(patterns).map(([id, eventPattern]) =>
    readRule(stack, id, { eventPattern, targets: [target()] }),
  );
}

/** It stays, with the rule, as the replica does when its stack goes. */
function forwardingRole(stack: HoldfastStack, bus: string): IRole {
  const role = new Role(stack, 'Forwarding', {
    description: 'Holdfast: tells the region of the vault who touches the replica',
    assumedBy: new ServicePrincipal('events.amazonaws.com'),
  });
  const policy = new ManagedPolicy(stack, 'ForwardingPolicy', {
    statements: [allow(['events:PutEvents'], [bus])],
    roles: [role],
  });
  for (const made of [role, policy])
    made.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  return role.withoutPolicyUpdates();
}

function calls(guardian: Guardian, detail: Record<string, unknown>): Record<string, unknown> {
  return { eventSource: [eventSourceOf(guardian)], eventName: everyTouchOf(guardian), ...detail };
}
