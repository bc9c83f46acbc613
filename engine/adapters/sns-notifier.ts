import { PublishCommand, type PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import { namesIn } from '../domain/alert-key.ts';
import type { AlertMessage } from '../domain/alert-message.ts';
import type { Severity } from '../domain/severity.ts';
import { HoldfastError } from '../errors.ts';
import type { Channel, Notifier } from '../ports/notifier.ts';
import { clientOptions, type ServiceOptions } from './aws-client-options.ts';
import { serviceFailure } from './service-failure.ts';

export interface SnsOptions extends Pick<ServiceOptions, 'requestTimeoutMs'> {
  channel: Channel;
  topic: string;
  leastSeverity: Severity;
  env: NodeJS.ProcessEnv;
}

/** SNS takes 256 KiB with the attributes, and a message holds the text three times. */
const MAX_BYTES = 250_000;
const MAX_TEXT = 40_000;
const MAX_ALERTS = 100;
const MAX_SUBJECT = 100;

/**
 * Publishes to a topic: text for people who read mail, its subject for telephones, and JSON for pagers and queues. Its attributes are for
 * filter policies of subscriptions: `severity`, `project`, and `plan`, a list.
 */
export class SnsNotifier implements Notifier {
  readonly channel: Channel;
  readonly leastSeverity: Severity;
  readonly #topic: string;
  readonly #client: SNSClient;

  constructor({ channel, topic, leastSeverity, env, requestTimeoutMs }: SnsOptions) {
    this.channel = channel;
    this.leastSeverity = leastSeverity;
    this.#topic = topic;
    this.#client = new SNSClient(clientOptions(env, { service: 'SNS', requestTimeoutMs }));
  }

  async deliver(message: AlertMessage): Promise<void> {
    try {
      await this.#client.send(
        new PublishCommand({ TopicArn: this.#topic, ...publication(message) }),
      );
    } catch (error) {
      throw undelivered(error, this.#topic);
    }
  }
}

function publication(whole: AlertMessage): Omit<PublishCommandInput, 'TopicArn'> {
  const { severity, project } = whole;
  return {
    Subject: subjectOf(whole),
    MessageStructure: 'json',
    Message: fittingText(whole),
    MessageAttributes: {
      severity: { DataType: 'String', StringValue: severity },
      project: { DataType: 'String', StringValue: project },
      ...planAttribute(whole),
    },
  };
}

function planAttribute({
  alerts,
}: AlertMessage): NonNullable<PublishCommandInput['MessageAttributes']> {
  const plans = new Set(alerts.flatMap(({ key }) => namesIn(key).plan ?? []));
  return plans.size === 0
    ? {}
    : { plan: { DataType: 'String.Array', StringValue: JSON.stringify([...plans]) } };
}

/** As much as a message may hold; words of two hundred servers can be long. */
function fittingText(whole: AlertMessage): string {
  for (let most = MAX_ALERTS; ; most = Math.floor(most / 2)) {
    const message = fitting(whole, most);
    const json = JSON.stringify(message);
    const text = JSON.stringify({
      default: message.text,
      https: json,
      sqs: json,
      sms: subjectOf(message),
    });
    if (Buffer.byteLength(text) <= MAX_BYTES || most === 0) return text;
  }
}

/** The subject says how many there are, so what is left out is not lost from sight. */
function fitting(message: AlertMessage, most: number): AlertMessage {
  return {
    ...message,
    text: cut(message.text, Math.max(MAX_SUBJECT, (MAX_TEXT * most) / MAX_ALERTS)),
    alerts: message.alerts.slice(0, most),
    open: message.open.slice(0, most),
  };
}

/** SNS takes a subject of printable ASCII only. */
function subjectOf({ subject }: AlertMessage): string {
  return cut(subject.replace(/[^\x20-\x7e]/g, '?'), MAX_SUBJECT);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}

function undelivered(error: unknown, topic: string): HoldfastError {
  const { message, hint, retryable } = serviceFailure(error, {
    action: 'sns:Publish',
    what: topic,
  });
  return new HoldfastError({
    code: 'ALERT_FAILED',
    message,
    retryable,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}
