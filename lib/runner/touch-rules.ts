import { EventField, type EventPattern, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { RUNBOOK } from '../../engine/contract.ts';
import { type Installation, trailArn } from '../installation.ts';
import {
  BY_CLOUDTRAIL,
  eventSourceOf,
  everyTouchOf,
  GUARDIANS,
  type Guardian,
  ofBuckets,
  ofKeys,
  ofTrail,
  TOUCHES,
} from '../touches.ts';
import type { AlertTopics } from './topics.ts';

export interface TouchRulesProps {
  installation: Installation;
  /** Of sets, of the store's encryption, of signatures and of what the runner says. */
  keyArns: readonly string[];
  /** The roles by which CloudFormation acts, in each region. */
  deployerArns: readonly string[];
  topics: AlertTopics;
}

/**
 * Hands that touch keys, vault and trail, and those of the replica, whose calls come from its own region (lib/forwarded-touches.ts). They
 * are told straight to the topics: this must be heard even where none of our functions runs any more.
 */
export class TouchRules extends Construct {
  readonly #props: TouchRulesProps;

  constructor(scope: Construct, id: string, props: TouchRulesProps) {
    super(scope, id);
    this.#props = props;
    const { names, aws } = props.installation;
    const trail = { name: names.resource('trail'), arn: trailArn(props.installation, aws.region) };
    const { region } = aws;
    this.#watchKeys('Key', { what: 'a key of the backups', region, detail: ofKeys(props.keyArns) });
    this.#watchBuckets('Vault', {
      what: 'the vault',
      region,
      detail: ofBuckets([names.vaultBucket, names.trailOf(names.vaultBucket)]),
    });
    this.#watchTrail('Trail', {
      what: 'the trail of the vault',
      region,
      detail: { $or: ofTrail(trail) },
    });
    if (aws.replica !== 'none') this.#watchReplica(aws.replica.region);
  }

  /** What comes from there is about the replica: nothing else is passed on. */
  #watchReplica(region: string): void {
    this.#watchKeys('ReplicaKey', { what: 'a key of the replica', region });
    this.#watchBuckets('Replica', { what: 'the replica', region });
    this.#watchTrail('ReplicaTrail', { what: 'the trail of the replica', region });
  }

  #watchKeys(id: string, place: Place): void {
    const { topics, deployerArns } = this.#props;
    const { ending, settingUp } = TOUCHES.key;
    const byOthers = [[{ 'anything-but': deployerArns }], [{ exists: false }]].map((arn) => ({
      eventName: settingUp,
      ...assumed(arn),
    }));
    const heading = RUNBOOK.keys;
    this.#announce(`${id}Touched`, {
      place,
      heading,
      to: topics.critical,
      pattern: calls('key', place, { $or: [{ eventName: ending }, ...byOthers] }),
    });
    const byUs = { eventName: settingUp, ...assumed(deployerArns) };
    this.#announce(`${id}Deployed`, {
      place,
      heading,
      to: topics.warning,
      pattern: calls('key', place, byUs),
    });
  }

  #watchBuckets(id: string, place: Place): void {
    const pattern = calls('bucket', place, { eventName: everyTouchOf('bucket') });
    this.#announce(`${id}Changed`, {
      place,
      heading: RUNBOOK.changed,
      to: this.#props.topics.warning,
      pattern,
    });
  }

  #watchTrail(id: string, place: Place): void {
    const pattern = calls('trail', place, { eventName: everyTouchOf('trail') });
    this.#announce(`${id}Touched`, {
      place,
      heading: RUNBOOK.trail,
      to: this.#props.topics.critical,
      pattern,
    });
  }

  #announce(id: string, { place, heading, to, pattern }: Announcement): void {
    const { project } = this.#props.installation.config;
    const [call, who, when] = ['$.detail.eventName', '$.detail.userIdentity.arn', '$.time'].map(
      (path) => EventField.fromPath(path),
    );
    const text = `[holdfast ${project}] ${call} on ${place.what} by ${who} at ${when}. Backups that are there stay. What to do: ${RUNBOOK.page}#${heading}`;
    new Rule(this, id, {
      eventPattern: pattern,
      targets: [new SnsTopic(to, { message: RuleTargetInput.fromText(text) })],
    });
  }
}

interface Place {
  what: string;
  /** Where its events come from: both regions have a trail of one name. */
  region: string;
  /** Which of its kind, where others are beside it. */
  detail?: Record<string, unknown>;
}

interface Announcement {
  place: Place;
  heading: string;
  to: AlertTopics['critical'];
  pattern: EventPattern;
}

function calls(
  guardian: Guardian,
  { region, detail }: Place,
  which: Record<string, unknown>,
): EventPattern {
  return {
    source: [`aws.${GUARDIANS[guardian]}`],
    detailType: [BY_CLOUDTRAIL],
    region: [region],
    detail: { eventSource: [eventSourceOf(guardian)], ...detail, ...which },
  };
}

/** Of the role whose session called. */
function assumed(arn: readonly unknown[]): Record<string, unknown> {
  return { userIdentity: { sessionContext: { sessionIssuer: { arn } } } };
}
