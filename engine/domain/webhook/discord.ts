import type { Severity } from '../severity.ts';
import { cutText, fitParagraphs } from './fit-text.ts';
import { moreAlerts, paragraphsOf, type WebhookFormat } from './webhook-request.ts';

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
const TITLE = 256;
const DESCRIPTION = 4096;

const COLORS: Record<Severity, number> = {
  ok: 0x2e_cc_71,
  warning: 0xf1_c4_0f,
  unknown: 0xe6_7e_22,
  critical: 0xe7_4c_3c,
};

/** A webhook of Discord: one embed. Nobody is mentioned, whatever the texts hold. */
export const discordFormat: WebhookFormat = (message, { url }) => {
  const { alerts, end } = paragraphsOf(message);
  const last = end.map((text) => cutText(text, DESCRIPTION / 4, escapedLength));
  const room = DESCRIPTION - last.reduce((sum, text) => sum + escapedLength(text) + 2, 0);
  const shown = fitParagraphs(alerts, { limit: room, measure: escapedLength, rest: moreAlerts });
  const embed = {
    title: escapeText(cutText(message.subject, TITLE, escapedLength)),
    description: [...shown, ...last].map(escapeText).join('\n\n'),
    color: COLORS[message.severity],
    timestamp: message.at.toISOString(),
  };
  return [{ url, body: { embeds: [embed], allowed_mentions: { parse: [] } } }];
};

/** Markdown of names and details is shown as it is written. */
function escapeText(text: string): string {
  return text.replace(/[\\*_~`|>#[\]()<:@-]/g, '\\$&');
}

function escapedLength(text: string): number {
  return escapeText(text).length;
}
