import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import type { Channel } from '../ports/notifier.ts';
import type { TopicSurvey } from '../ports/topic-survey.ts';
import { clientOptions } from './aws-client-options.ts';
import { serviceFailure } from './service-failure.ts';

/** Until it is confirmed a subscription has a word in place of its ARN. */
const IS_CONFIRMED = /^arn:/;

/** Asks a topic of SNS who listens. */
export class SnsSurvey implements TopicSurvey {
  readonly channel: Channel;
  readonly #topic: string;
  readonly #client: SNSClient;

  constructor({ channel, topic, env }: { channel: Channel; topic: string; env: NodeJS.ProcessEnv }) {
    this.channel = channel;
    this.#topic = topic;
    this.#client = new SNSClient(clientOptions(env));
  }

  async subscribers(): Promise<number> {
    let confirmed = 0;
    try {
      for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client: this.#client }, { TopicArn: this.#topic }))
        confirmed += Subscriptions.filter(({ SubscriptionArn = '' }) => IS_CONFIRMED.test(SubscriptionArn)).length;
      return confirmed;
    } catch (error) {
      throw serviceFailure(error, { action: 'sns:ListSubscriptionsByTopic', what: this.#topic });
    }
  }
}
