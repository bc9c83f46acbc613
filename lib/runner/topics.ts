import { Aws } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Subscription, SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { AwsConfig } from '../../engine/config/aws-schema.ts';
import type { Installation } from '../installation.ts';

export interface AlertTopicsProps {
  installation: Installation;
  key: IKey;
}

/** Who is woken, and who reads it in the morning. */
export class AlertTopics extends Construct {
  readonly critical: Topic;
  readonly warning: Topic;

  constructor(scope: Construct, id: string, { installation, key }: AlertTopicsProps) {
    super(scope, id);
    const { names, aws } = installation;
    this.critical = this.#topic('Critical', {
      name: names.of('critical'),
      key,
      to: aws.alerts.critical,
    });
    this.warning = this.#topic('Warning', {
      name: names.of('warning'),
      key,
      to: aws.alerts.warning,
    });
  }

  #topic(id: string, { name, key, to }: { name: string; key: IKey; to: Subscribers }): Topic {
    const topic = new Topic(this, id, { topicName: name, masterKey: key });
    for (const statement of [onlyByTls(topic), byAlarms(topic)])
      topic.addToResourcePolicy(statement);
    subscribe(topic, to);
    return topic;
  }
}

type Subscribers = AwsConfig['alerts']['critical'];

const PROTOCOLS = {
  email: SubscriptionProtocol.EMAIL,
  https: SubscriptionProtocol.HTTPS,
  sms: SubscriptionProtocol.SMS,
} as const;

function subscribe(topic: Topic, to: Subscribers): void {
  for (const [kind, protocol] of Object.entries(PROTOCOLS) as [
    keyof Subscribers,
    SubscriptionProtocol,
  ][])
    to[kind].forEach((endpoint, index) => {
      new Subscription(topic, `${kind}${index + 1}`, { topic, protocol, endpoint });
    });
}

function onlyByTls({ topicArn }: Topic): PolicyStatement {
  return new PolicyStatement({
    sid: 'OnlyByTls',
    effect: Effect.DENY,
    principals: [new StarPrincipal()],
    actions: ['sns:Publish'],
    resources: [topicArn],
    conditions: { Bool: { 'aws:SecureTransport': 'false' } },
  });
}

/** The targets of rules let EventBridge in by themselves, without a condition: it takes none in the policy of a topic. */
function byAlarms({ topicArn }: Topic): PolicyStatement {
  return new PolicyStatement({
    sid: 'Alarms',
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: ['sns:Publish'],
    resources: [topicArn],
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  });
}
