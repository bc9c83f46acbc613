import type { Severity } from '../severity.ts';
import { bytesOf, cutText, fitParagraphs } from './fit-text.ts';
import { moreAlerts, paragraphsOf, type WebhookFormat } from './webhook-request.ts';

/** https://docs.ntfy.sh/publish/#limitations: a longer message becomes an attachment. */
const MESSAGE = 4096;
const TITLE = 400;

const LOOKS: Record<Severity, { priority: number; tag: string }> = {
  ok: { priority: 3, tag: 'white_check_mark' },
  warning: { priority: 3, tag: 'warning' },
  unknown: { priority: 4, tag: 'grey_question' },
  critical: { priority: 5, tag: 'rotating_light' },
};

/** ntfy takes JSON at its root, with the topic in it; the config has the address of the topic. */
export const ntfyFormat: WebhookFormat = (message, { url }) => {
  const { alerts, end } = paragraphsOf(message);
  const last = end.map((text) => cutText(text, MESSAGE / 4, bytesOf));
  const room = MESSAGE - last.reduce((sum, text) => sum + bytesOf(text) + 2, 0);
  const shown = fitParagraphs(alerts, { limit: room, measure: bytesOf, rest: moreAlerts });
  const { priority, tag } = LOOKS[message.severity];
  const { root, topic } = splitAddress(url);
  const body = {
    topic,
    title: cutText(message.subject, TITLE, bytesOf),
    message: [...shown, ...last].join('\n\n'),
    priority,
    tags: [tag],
  };
  return [{ url: root, body }];
};

function splitAddress(url: string): { root: string; topic: string } {
  const parsed = URL.parse(url);
  if (parsed === null) return { root: url, topic: '' };
  const topic = parsed.pathname.split('/').findLast((part) => part !== '') ?? '';
  parsed.pathname = parsed.pathname.replace(/[^/]*\/*$/, '');
  return { root: parsed.href, topic };
}
