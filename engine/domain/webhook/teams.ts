import type { Severity } from '../severity.ts';
import { bytesOf, cutText, fitParagraphs } from './fit-text.ts';
import { moreAlerts, paragraphsOf, type WebhookFormat } from './webhook-request.ts';

/** Teams takes 28 KB, and some have measured 21 KB; each line costs some JSON of its own. */
const MESSAGE = 20_000;
const PARAGRAPH = 4000;

const COLORS: Record<Severity, string> = {
  ok: 'Good',
  warning: 'Warning',
  unknown: 'Warning',
  critical: 'Attention',
};

/**
 * A workflow of Teams ("When a Teams webhook request is received"): an adaptive card. Texts are
 * TextRuns, which have no markup, so that no name can become a link.
 */
export const teamsFormat: WebhookFormat = (message, { url }) => {
  const { alerts, end } = paragraphsOf(message);
  const paragraphs = fitParagraphs(
    alerts.map((text) => cutText(text, PARAGRAPH, cardBytes)),
    { limit: MESSAGE - 2 * PARAGRAPH, measure: cardBytes, gap: 0, rest: moreAlerts },
  );
  const rest = end.map((text) => cutText(text, PARAGRAPH, cardBytes));
  const title = block(cutText(message.subject, 1000, bytesOf), {
    ...{ weight: 'Bolder', size: 'Medium', color: COLORS[message.severity] },
  });
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [title, ...[...paragraphs, ...rest].flatMap(blocksOf)],
    msteams: { width: 'Full' },
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  const attachments = [{ contentType, contentUrl: null, content }];
  return [{ url, body: { type: 'message', attachments } }];
};

/** One block for each line, because a TextRun has no line breaks. */
function blocksOf(paragraph: string) {
  return paragraph
    .split('\n')
    .map((line, index) => ({ ...block(line), spacing: index === 0 ? 'Medium' : 'None' }));
}

function block(text: string, style: object = {}) {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text, ...style }] };
}

function cardBytes(paragraph: string): number {
  return bytesOf(JSON.stringify(blocksOf(paragraph)));
}
