import { AlertTable } from '../adapters/alert-table.ts';
import { SnsNotifier } from '../adapters/sns-notifier.ts';
import { SnsSubscriptions } from '../adapters/sns-subscriptions.ts';
import { STACK_ENV } from '../contract.ts';
import type { Alerting } from '../operations/tell.ts';
import type { Subscriptions } from '../ports/subscriptions.ts';
import { type Stack, stackVariable } from './from-stack.ts';

/** As `alerts.coolDown` is by default. */
const COOL_DOWN_SECONDS = 6 * 3600;

/** Who is woken hears what is critical or not known; who reads in the morning hears everything. */
const TOPICS = [
  { channel: 'critical', variable: STACK_ENV.topicCritical, leastSeverity: 'unknown' },
  { channel: 'warning', variable: STACK_ENV.topicWarning, leastSeverity: 'warning' },
] as const;

/** The topics of the stack, and what they were told. */
export function stackAlertingOf({ loaded }: Stack): Alerting {
  const { env, config } = loaded;
  return {
    notifiers: TOPICS.map(({ channel, variable, leastSeverity }) => {
      return new SnsNotifier({ channel, leastSeverity, topic: stackVariable(env, variable), env });
    }),
    memory: new AlertTable({ table: stackVariable(env, STACK_ENV.alertsTable), env }),
    coolDownSeconds: COOL_DOWN_SECONDS,
    origin: {
      project: config.project,
      host: `AWS ${env.AWS_REGION ?? ''}`.trim(),
      config: 'holdfast.yaml',
      command: 'holdfast remote check',
    },
  };
}

export function stackTopicsOf({ loaded: { env } }: Stack): Subscriptions[] {
  return TOPICS.map(
    ({ channel, variable }) =>
      new SnsSubscriptions({ channel, topic: stackVariable(env, variable), env }),
  );
}
