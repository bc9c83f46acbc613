import { TEST_ALERT_KEY } from '../alert/channel-test.ts';
import { namesIn } from '../alert-key.ts';
import type { AlertMessage } from '../alert-message.ts';
import type { Alert } from '../alerts.ts';
import type { WebhookFormat } from './webhook-request.ts';

const PATH = '/api/v2/alerts';

const DAY_MS = 86_400_000;

/**
 * Alertmanager ends an alert by itself at `endsAt`. A problem is sent again only by the next run that
 * sees it, which for a monthly drill is a month away.
 */
const STANDS_FOR_MS = 40 * DAY_MS;
const TEST_STANDS_FOR_MS = 5 * 60_000;

/** API v2 of Alertmanager: all alerts in one list, those that are over with their end. */
export const alertmanagerFormat: WebhookFormat = (message, { url }) => [
  { url: addressOf(url), body: message.alerts.flatMap((alert) => postable(alert, message)) },
];

/** The API's address from the server's, which may have a prefix. */
function addressOf(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.pathname.endsWith(PATH)) return url;
  parsed.pathname = parsed.pathname.replace(/\/*$/, PATH);
  return parsed.href;
}

/**
 * An alert is known by all its labels, also by the severity, which people route by: one that got
 * worse or better ends under its old severity.
 */
function postable(alert: Alert, message: AlertMessage): object[] {
  const { kind, severity, previousSeverity = severity, key } = alert;
  const { at } = message;
  const standsFor = key === TEST_ALERT_KEY ? TEST_STANDS_FOR_MS : STANDS_FOR_MS;
  const over = { ...common(alert, message, previousSeverity), endsAt: at.toISOString() };
  if (kind === 'recovered') return [over];
  const endsAt = new Date(at.getTime() + standsFor).toISOString();
  const standing = { ...common(alert, message, severity), endsAt };
  return previousSeverity === severity ? [standing] : [over, standing];
}

function common(alert: Alert, message: AlertMessage, severity: string) {
  const { title, detail, since, hint, key, runbook } = alert;
  const { project, host, at, command } = message;
  const { plan, database } = namesIn(key);
  const [kind = '', second = '', , repository] = key.split('/');
  const startsAt = new Date(Math.min(since.getTime(), at.getTime())).toISOString();
  return {
    labels: {
      ...{ alertname: alertName(key), job: 'holdfast', project, severity, key },
      ...(plan === undefined ? {} : { plan }),
      ...(database === undefined ? {} : { database }),
      ...(kind === 'check' && repository !== undefined ? { repository } : {}),
      ...(kind === 'run' ? { operation: second } : {}),
    },
    annotations: {
      ...{ summary: title, description: detail, host, command },
      ...(hint === null ? {} : { next: hint }),
      ...(runbook === undefined ? {} : { runbook }),
    },
    startsAt,
  };
}

/** `HoldfastLate` of a check, `HoldfastBackupFailed` of a run. */
function alertName(key: string): string {
  const [kind, operation = ''] = key.split('/');
  if (kind === 'check') return `Holdfast${camelCase(key.split('/').at(-1) ?? '')}`;
  return kind === 'run' ? `Holdfast${camelCase(operation)}Failed` : 'HoldfastAlert';
}

function camelCase(words: string): string {
  return words.replace(/(?:^|-)(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
