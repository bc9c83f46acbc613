import { cutText, fitParagraphs } from './fit-text.ts';
import { moreAlerts, paragraphsOf, type WebhookFormat } from './webhook-request.ts';

/** https://docs.slack.dev/reference/block-kit/blocks/section-block and .../block-kit/blocks */
const SECTION = 3000;
const BLOCKS = 50;
/** Not documented: messages with more are refused (msg_blocks_too_long). */
const MESSAGE = 12_000;

/** An incoming webhook of Slack: a section for each alert, and a text for notifications. */
export const slackFormat: WebhookFormat = (message, { url }) => {
  const { alerts, end } = paragraphsOf(message);
  const subject = `*${escapeText(cutText(message.subject, SECTION / 2, escapedLength))}*`;
  const shown = fitParagraphs(
    alerts.map((text) => cutText(text, SECTION, escapedLength)),
    { limit: MESSAGE - 2 * SECTION, measure: escapedLength, rest: moreAlerts },
  ).slice(0, BLOCKS - 4);
  const rest = end.map((text) => cutText(text, SECTION / 2, escapedLength));
  const texts = [subject, ...[...shown, ...rest].map(escapeText)];
  return [{ url, body: { text: escapeText(message.subject), blocks: texts.map(section) } }];
};

/** `verbatim` makes no links and no mentions of what looks like one. */
function section(text: string) {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function escapedLength(text: string): number {
  return escapeText(text).length;
}
