import { namesIn } from '../alert-key.ts';
import type { AlertMessage } from '../alert-message.ts';
import type { Alert } from '../alerts.ts';
import type { Severity } from '../severity.ts';
import { fingerprint } from '../text/fingerprint.ts';
import { cutText } from './fit-text.ts';
import type { WebhookFormat } from './webhook-request.ts';

/** https://developer.pagerduty.com/docs/send-alert-event */
const SUMMARY = 1024;
const DEDUP_KEY = 255;

const SEVERITIES: Record<Severity, string> = {
  ok: 'info',
  warning: 'warning',
  unknown: 'error',
  critical: 'critical',
};

/** Where events go unless the config names another address, as for accounts in Europe. */
export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

/** Events API v2 of PagerDuty: each alert opens, repeats or resolves one incident. */
export const pagerDutyFormat: WebhookFormat = (message, { url, routingKey = '' }) =>
  message.alerts.map((alert) => {
    const event = { routing_key: routingKey, dedup_key: dedupKeyOf(alert, message) };
    const body =
      alert.kind === 'recovered'
        ? { ...event, event_action: 'resolve' }
        : { ...event, event_action: 'trigger', payload: payloadOf(alert, message) };
    return { url, body };
  });

/** The same on every machine that sees the problem, and from the problem to its end. */
function dedupKeyOf({ key }: Alert, { project }: AlertMessage): string {
  const whole = `holdfast/${project}/${key}`;
  if (whole.length <= DEDUP_KEY) return whole;
  const mark = fingerprint(whole);
  return `${whole.slice(0, DEDUP_KEY - mark.length - 1)}#${mark}`;
}

function payloadOf(alert: Alert, { project, host, at, command, config }: AlertMessage) {
  const { title, detail, since, hint, severity, runbook, key } = alert;
  const { database } = namesIn(key);
  return {
    summary: cutText(`[holdfast ${project}] ${title}: ${detail}`, SUMMARY),
    source: host,
    severity: SEVERITIES[severity],
    timestamp: at.toISOString(),
    ...(database === undefined ? {} : { component: database }),
    group: project,
    class: key.split('/')[0] === 'check' ? `check ${key.split('/').at(-1)}` : title,
    custom_details: {
      detail,
      since: since.toISOString(),
      ...(hint === null ? {} : { next: hint }),
      ...(runbook === undefined ? {} : { runbook }),
      ...{ config, command },
    },
  };
}
