import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import type { Channel } from '../ports/notifier.ts';
import type { Subscription, Subscriptions } from '../ports/subscriptions.ts';
import { clientOptions } from './aws-client-options.ts';
import { serviceFailure } from './service-failure.ts';

export interface SnsSubscriptionsOptions {
  channel: Channel;
  topic: string;
  env: NodeJS.ProcessEnv;
  /** That of the environment unless given. */
  region?: string | undefined;
}

/** Until it is confirmed a subscription has a word in place of its ARN. */
const IS_CONFIRMED = /^arn:/;

/** Asks a topic of SNS for everybody who is subscribed, confirmed or not. */
export class SnsSubscriptions implements Subscriptions {
  readonly channel: Channel;
  readonly #topic: string;
  readonly #client: SNSClient;

  constructor({ channel, topic, env, region }: SnsSubscriptionsOptions) {
    this.channel = channel;
    this.#topic = topic;
    this.#client = new SNSClient(clientOptions(env, { service: 'SNS', region }));
  }

  async list(): Promise<Subscription[]> {
    const found: Subscription[] = [];
    try {
      for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic(
        { client: this.#client },
        { TopicArn: this.#topic },
      ))
        for (const { Protocol = '', Endpoint = '', SubscriptionArn = '' } of Subscriptions)
          found.push({
            protocol: Protocol,
            endpoint: shown(Endpoint),
            isConfirmed: IS_CONFIRMED.test(SubscriptionArn),
          });
      return found;
    } catch (error) {
      throw serviceFailure(error, { action: 'sns:ListSubscriptionsByTopic', what: this.#topic });
    }
  }
}

/** The URL of a pager holds its key. */
function shown(endpoint: string): string {
  return /^https?:/.test(endpoint) && URL.canParse(endpoint)
    ? `${new URL(endpoint).origin}/…`
    : endpoint;
}
