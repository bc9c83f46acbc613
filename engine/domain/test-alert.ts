import { topicKey } from './alert-key.ts';
import { type AlertMessage, alertMessage } from './alert-message.ts';

export interface TestAlertOptions {
  topic: 'critical' | 'warning';
  project: string;
  region: string;
  /** Path of the config file. */
  config: string;
  /** Who asked for it. */
  by: string;
  at: Date;
}

/** A message that goes the way of a real one, filter policies of subscriptions included, and says first that it is a test. */
export function testAlert({
  topic,
  project,
  region,
  config,
  by,
  at,
}: TestAlertOptions): AlertMessage {
  const alert = {
    key: topicKey(topic),
    severity: topic,
    title: 'TEST: nothing is wrong',
    detail: `${by} is trying out whether alerts of the topic ${topic} arrive`,
    since: at,
    hint: 'Nothing is to be done, but to tell whoever asked that it came.',
    kind: 'problem' as const,
  };
  const origin = { project, host: `AWS ${region}`, config, command: 'holdfast remote check' };
  return alertMessage([alert], { ...origin, at, open: [] });
}
