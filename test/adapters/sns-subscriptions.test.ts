import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SnsSubscriptions } from '../../engine/adapters/sns-subscriptions.ts';
import { testAlerts } from '../../engine/operations/test-alerts.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:holdfast-clinic-critical';
const MEMBERS = [
  ['email', 'oncall@example.org', 'PendingConfirmation'],
  ['https', 'https://pager.example.org/integration/secret-key/enqueue', `${TOPIC}:1`],
];

/** As SNS answers: it says so in XML. */
const ANSWER = `<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ListSubscriptionsByTopicResult><Subscriptions>${MEMBERS.map(
  ([protocol, endpoint, arn]) =>
    `<member><TopicArn>${TOPIC}</TopicArn><Protocol>${protocol}</Protocol><SubscriptionArn>${arn}</SubscriptionArn><Owner>123456789012</Owner><Endpoint>${endpoint}</Endpoint></member>`,
).join('')}</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`;

describe('who listens to a topic', () => {
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/xml' }).end(ANSWER),
  );
  let subscriptions: SnsSubscriptions;
  const before = process.env.AWS_ENDPOINT_URL_SNS;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // The SDK reads it from the environment of the process only.
    process.env.AWS_ENDPOINT_URL_SNS = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' };
    subscriptions = new SnsSubscriptions({
      channel: 'critical',
      topic: TOPIC,
      env,
      region: 'eu-central-1',
    });
  });
  afterAll(() => {
    if (before === undefined) delete process.env.AWS_ENDPOINT_URL_SNS;
    else process.env.AWS_ENDPOINT_URL_SNS = before;
    server.close();
  });

  it('is told with who has not confirmed, and without the key of a pager', async () => {
    expect(await subscriptions.list()).toEqual([
      { protocol: 'email', endpoint: 'oncall@example.org', isConfirmed: false },
      { protocol: 'https', endpoint: 'https://pager.example.org/…', isConfirmed: true },
    ]);
  });

  it('makes a test of alerts fail while somebody has not confirmed', async () => {
    const notifier = { channel: 'critical' as const, deliver: async () => undefined };
    const origin = {
      project: 'clinic',
      region: 'eu-central-1',
      config: 'holdfast.yaml',
      by: 'ann@desk',
      at: new Date(),
    };
    const [tested] = await testAlerts([{ topic: 'critical', notifier, subscriptions }], origin);
    expect(tested).toMatchObject({ isPublished: true, problem: '1 of 2 have not confirmed' });
  });
});
