import { type TestAlertOptions, testAlert } from '../domain/test-alert.ts';
import { HoldfastError } from '../errors.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { Subscription, Subscriptions } from '../ports/subscriptions.ts';

export interface TestedTopic {
  topic: TestAlertOptions['topic'];
  isPublished: boolean;
  /** Why not everybody would hear an alert; null where everybody would. */
  problem: string | null;
  subscribers: Subscription[];
}

export interface TestAlertTarget {
  topic: TestAlertOptions['topic'];
  notifier: Notifier;
  subscriptions: Subscriptions;
}

/** Sends a test to every topic, and looks who is there to get it; one topic that fails never keeps the other from its test. */
export function testAlerts(
  targets: readonly TestAlertTarget[],
  origin: Omit<TestAlertOptions, 'topic'>,
): Promise<TestedTopic[]> {
  return Promise.all(targets.map((target) => testTopic(target, origin)));
}

async function testTopic(
  target: TestAlertTarget,
  origin: Omit<TestAlertOptions, 'topic'>,
): Promise<TestedTopic> {
  const { topic, notifier, subscriptions } = target;
  const unpublished = await problemOf(notifier.deliver(testAlert({ topic, ...origin })));
  let subscribers: Subscription[] = [];
  const unlisted = await problemOf(
    subscriptions.list().then((found) => {
      subscribers = found;
    }),
  );
  return {
    topic,
    isPublished: unpublished === null,
    problem: unpublished ?? unlisted ?? silenceOf(subscribers),
    subscribers,
  };
}

/** Null where it went well. */
async function problemOf(work: Promise<void>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return error.message;
  }
}

function silenceOf(subscribers: readonly Subscription[]): string | null {
  if (subscribers.length === 0) return 'nobody is subscribed';
  const pending = subscribers.filter(({ isConfirmed }) => !isConfirmed).length;
  return pending === 0 ? null : `${pending} of ${subscribers.length} have not confirmed`;
}
